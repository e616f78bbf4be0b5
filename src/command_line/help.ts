/** What a command's help shows below its options: examples, and the variables that it reads. */
import type { Help } from "commander";
import type { OutsideCommand, TypedCommand } from "../command.ts";
import { LISTED } from "../config/catalogue.ts";

type Name = (TypedCommand | OutsideCommand)["name"];

interface Topics {
  /** What to type after `tokenize`. */
  readonly examples: readonly string[];
  /** Those that matter most; docs/configuration.md has all of them. */
  readonly variables?: readonly (keyof typeof LISTED)[];
}

/** On a line of its own, which it nearly fills. */
const DATASET = '\\\n    --urn "urn:li:dataset:(urn:li:dataPlatform:postgres,app.crm.people,PROD)"';
const CONNECTIONS = ["PG_CONN_STR", "DBX_JDBC_URL"] as const;
const SDK = ["TOKEN_SDK_MODE", "TOKEN_KEYS_FILE", "TOKEN_CONTEXT"] as const;
const DATAHUB = [
  "DATAHUB_GMS_URL",
  "DATAHUB_GMS_TOKEN",
  "DATAHUB_TAGS",
  "DATAHUB_TERMS",
  "DATAHUB_MODE",
] as const;
const ACTION = ["HOST", "PORT", "TRIGGER_TOKEN"] as const;

const TOPICS: Readonly<Record<Exclude<Name, "complete-columns">, Topics>> = {
  serve: {
    examples: ["serve"],
    variables: [...ACTION, ...CONNECTIONS, ...SDK, "ALLOWED_DATASETS"],
  },
  run: {
    examples: [
      `run --columns email,phone --dry-run ${DATASET}`,
      `run --columns email,phone ${DATASET}`,
      "run -f plan.yaml --parallel 2",
    ],
    variables: [...CONNECTIONS, ...SDK, "ALLOWED_DATASETS"],
  },
  doctor: {
    examples: ["doctor", `doctor --columns email,phone ${DATASET}`],
    variables: [...CONNECTIONS, ...SDK],
  },
  plan: {
    examples: [
      `plan --columns email,phone ${DATASET}`,
      "plan -f plan.yaml",
    ],
    variables: [...CONNECTIONS, ...SDK, "ALLOWED_DATASETS"],
  },
  rotate: {
    examples: [`rotate --columns email --from dummy ${DATASET}`],
    variables: [...CONNECTIONS, ...SDK],
  },
  restore: {
    examples: [`restore --columns email --dry-run ${DATASET}`],
    variables: ["ALLOW_DETOKENIZE", ...CONNECTIONS, ...SDK],
  },
  "receipt verify": { examples: ["receipt verify receipt.json --key receipt.pub"] },
  verify: {
    examples: [
      `verify --columns email,phone ${DATASET}`,
      "verify --tagged --receipt verification.jsonl",
    ],
    variables: [...CONNECTIONS, ...SDK, "RECEIPT_KEY_FILE", "DATAHUB_GMS_URL"],
  },
  trigger: { examples: [`trigger --columns email,phone ${DATASET}`], variables: ACTION },
  smoke: { examples: [`smoke --columns email,phone ${DATASET}`], variables: ACTION },
  healthcheck: {
    examples: ["healthcheck", "healthcheck --url http://localhost:8080"],
    variables: ["HOST", "PORT"],
  },
  "datahub plan": { examples: ["datahub plan"], variables: [...DATAHUB, ...CONNECTIONS] },
  "datahub sweep": {
    examples: ["datahub sweep"],
    variables: [...DATAHUB, "ALLOWED_DATASETS", ...CONNECTIONS, ...SDK],
  },
  "datahub status": {
    examples: ["datahub status", "datahub status --url http://localhost:8080 --json"],
    variables: [...ACTION, "DATAHUB_GMS_URL", "DATAHUB_GMS_TOKEN"],
  },
  "history migrate": { examples: ["history migrate"], variables: ["HISTORY_CONN_STR"] },
  permissions: { examples: ["permissions"], variables: [...CONNECTIONS, "TOKEN_SDK_MODE"] },
  "config check": { examples: ["config check", "config check --config tokenize.yaml"] },
  detokenize: {
    examples: [
      "detokenize <tokens.txt",
      "detokenize --platform postgres --dataset app.crm.people \\\n    --column email <tokens.txt",
    ],
    variables: ["ALLOW_DETOKENIZE", ...SDK],
  },
  token: { examples: ["token <values.txt"], variables: SDK },
  completion: {
    examples: [
      "completion bash >~/.local/share/bash-completion/completions/tokenize",
      "completion zsh >~/.zfunc/_tokenize    # a folder of fpath",
      "completion fish >~/.config/fish/completions/tokenize.fish",
    ],
  },
  "keys new": { examples: ["keys new keys.json", "keys new keys.json --sdk hmac-sha256"] },
  "keys add": { examples: ["keys add keys.json --id 2027a"] },
  "keys list": { examples: ["keys list keys.json"] },
  "keys check": { examples: ["keys check keys.json"] },
};

/** What stands below the options of a command. */
export interface BelowOptions {
  /** Whole command lines; a long one is broken with backslashes. */
  readonly examples: readonly string[];
  /** Variables with their meanings, as plain text. */
  readonly variables: readonly (readonly [name: string, meaning: string])[];
}

/** What belongs below the options of the command, for pages of any form. */
export function belowOptions(name: string): BelowOptions {
  const { examples = [], variables = [] }: Partial<Topics> = TOPICS[name as keyof typeof TOPICS] ??
    {};
  return {
    examples: examples.map((example) => `tokenize ${example}`),
    variables: variables.map((variable) => [variable, meaningOf(variable)]),
  };
}

/** The text, wrapped to `width` characters but for the examples; empty if there is nothing to show. */
export function helpAfter(name: Name, help: Help, width: number): string {
  const { examples, variables } = belowOptions(name);
  help.helpWidth = width;
  const longest = Math.max(...variables.map(([variable]) => variable.length));
  const list = variables.map(([variable, meaning]) =>
    help.formatItem(variable, longest, meaning, help)
  );
  const commands = examples.map((example) => `  ${example}`);
  // the parser ends it with a line break of its own
  return [section("Variables:", list), section("Examples:", commands)].join("").replace(/\n$/, "");
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n${title}\n${lines.join("\n")}\n`;
}

/** What it means and what its absence means, without the marks of Markdown. */
function meaningOf(variable: keyof typeof LISTED): string {
  const { meaning, absent } = LISTED[variable];
  const plain = (text: string) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
  return `${plain(meaning)} (default: ${plain(absent)})`;
}
