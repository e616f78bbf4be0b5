/** What codes of the API mean, in words. */

const METHODS: Readonly<Record<string, string>> = {
  client: "tokens made by this program",
  pushdown: "tokens made in the database",
  rewrite: "the whole table rewritten",
};

/** Which way the work is done. */
export function methodInWords(method: string): string {
  return METHODS[method] ?? method;
}

const OPERATIONS: Readonly<Record<string, string>> = {
  tokenize: "Values to tokens",
  rotate: "Tokens to those of the current key",
  restore: "Tokens to values",
};

/** What a run does. */
export function operationInWords(operation: string): string {
  return OPERATIONS[operation] ?? operation;
}

const CAUSES: Readonly<Record<string, string>> = {
  http: "The API",
  cli: "The command line",
  event: "An event of DataHub",
  sweep: "A sweep over DataHub",
};

/** What started a run. */
export function causeInWords(kind: string): string {
  return CAUSES[kind] ?? kind;
}

const WARNINGS: Readonly<Record<string, string>> = {
  dummy_tokens:
    "The tokens are of the SDK dummy: anybody can read the values from them. It is for trials only.",
  sync_standby_wait_cancelled: "Committed, but a synchronous standby has not confirmed it.",
  server_warning: "The database server warned of something. Its log says what.",
};

/** What is to be known of a run that is done. */
export function warningInWords(warning: string): string {
  return WARNINGS[warning] ?? warning;
}
