/** `tokenize permissions`: what the sandbox of `serve` would be given, and why. */
import type { Config } from "../config.ts";
import type { Grants } from "../sandbox/grants.ts";
import { dummyTokens } from "./dummy_tokens.ts";
import { WARNING_TEXTS } from "./deliver_report.ts";
import { printJson } from "./output.ts";
import { type Line, printText, table } from "./text_lines.ts";

const OTHERS = ["env", "read", "write", "run", "ffi", "sys", "import"] as const;

/** Prints the list, and what is to be known of the token SDK; nothing is started. */
export function printPermissions({ hosts, files }: Grants, config: Config, json: boolean): void {
  const denied = OTHERS.filter((name) => name !== "read" || files.length === 0);
  if (json) {
    const read = files.length > 0 ? { read: files } : {};
    const warnings = dummyTokens(config);
    return printJson({ net: hosts, ...read, denied, ...(warnings.length > 0 && { warnings }) });
  }
  const readable = files.length === 0
    ? []
    : ["may read", ...list(files.map(({ file, why }) => [file, why]))];
  printText([
    "The sandbox may reach",
    ...list(hosts.map(({ host, why }) => [host, why])),
    ...readable,
    `and has none of Deno's other permissions: ${denied.join(", ")}`,
    ...dummyTokens(config).map((warning) => `warning: ${WARNING_TEXTS[warning]}`),
  ]);
}

function list(rows: readonly [granted: string, why: string][]): Line[] {
  return table(rows.map(([granted, why]) => [`  ${granted}`, why]));
}
