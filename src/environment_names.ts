/**
 * Every environment variable the program reads. `deno compile` bakes this list into the binary, so
 * nothing else of the environment can ever be seen by it.
 */
import { TOKEN_SDK_ADAPTERS } from "./tokens/adapters.ts";

/** The variables of the program itself. */
const OWN_NAMES = [
  "PG_CONN_STR",
  "PG_LOCK_TIMEOUT_MS",
  "DBX_JDBC_URL",
  "PUSHDOWN",
  "TOKEN_SDK_MODE",
  "TRIGGER_TOKEN",
  "ALLOW_ANONYMOUS",
  "ALLOW_TRIGGERS",
  "ALLOW_DETOKENIZE",
  "ALLOWED_DATASETS",
  "HOST",
  "PORT",
  "LOG_LEVEL",
  "LOG_FORMAT",
  "NO_COLOR",
  "NO_PROXY", // which is set, and not read
] as const;

/** The program's own variables and those of each token SDK, each once: SDKs may share some. */
export const ENVIRONMENT_NAMES: readonly string[] = [
  ...new Set([
    ...OWN_NAMES,
    ...TOKEN_SDK_ADAPTERS.flatMap((adapter) => adapter.environment),
  ]),
];

if (import.meta.main) console.log(ENVIRONMENT_NAMES.join(","));
