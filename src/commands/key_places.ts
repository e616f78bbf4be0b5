/** Where a new key has to be put, with the commands to copy. */
import { secretNameOf } from "../tokens/keyed/key_set.ts";
import { shellWord } from "./shell_word.ts";

/** A key that was made. */
export interface MadeKey {
  /** The key file's absolute path. */
  readonly file: string;
  readonly id: string;
  /** The SDK that it is for. */
  readonly sdk: string;
  /** The id of the key that made this SDK's tokens before; undefined if there was none. */
  readonly before: string | undefined;
}

/** The lines for a person. None of them holds the key. */
export function placesOfKey({ file, id, sdk, before }: MadeKey): string[] {
  const path = shellWord(file);
  return [
    `Key "${id}" for ${sdk} is in ${file}`,
    sdk === "aes-siv"
      ? "Back the file up: without it no value can be read back"
      : "Back the file up: without it equal values get other tokens from now on",
    "",
    "environment",
    `  export TOKEN_SDK_MODE=${sdk} TOKEN_KEYS_FILE=${path}`,
    "Kubernetes: a secret, mounted with defaultMode: 0440 and an fsGroup",
    `  kubectl create secret generic tokenize-keys --from-file=keys.json=${path}`,
    ...(sdk === "hmac-sha256" ? secretScope(path, id) : []),
    ...(before !== undefined && sdk === "aes-siv" ? rotation(before) : []),
  ];
}

/** What replaces the tokens of the key before. Those of `hmac-sha256` cannot be read back, and stay. */
function rotation(before: string): string[] {
  return [
    "then, for each dataset",
    `  tokenize rotate --urn URN --columns COLUMNS --from ${before}`,
  ];
}

/** As docs/databricks.md has it, which says who PRINCIPAL is; the pipe keeps the key off the command line. */
function secretScope(path: string, id: string): string[] {
  const select = `jq -rj --arg kid ${id} '.keys[] | select(.kid == $kid).k' ${path}`;
  return [
    "Databricks, for DBX_SECRET_SCOPE (a new scope: databricks secrets create-scope)",
    `  ${select} |`,
    `    databricks secrets put-secret "$DBX_SECRET_SCOPE" ${secretNameOf(id)}`,
    '  databricks secrets put-acl "$DBX_SECRET_SCOPE" "$PRINCIPAL" READ',
  ];
}
