/**
 * Every environment variable that the program reads. `deno compile` builds this list into the binary,
 * so it cannot read any other variable.
 */
import { DATAHUB_ENVIRONMENT } from "./datahub/settings.ts";
import { LIBPQ_VARIABLES } from "./platforms/postgres/connection/parameters.ts";
import { TOKEN_SDK_ADAPTERS } from "./tokens/adapters.ts";

/** The variables of the program itself. */
const OWN_NAMES = [
  "PG_CONN_STR",
  "PG_CONN_STR_FILE",
  "PG_LOCK_TIMEOUT_MS",
  "PG_STATEMENT_TIMEOUT_MS",
  "DBX_JDBC_URL",
  "DBX_JDBC_URL_FILE",
  "PUSHDOWN",
  "RUN_TIMEOUT_MS",
  "TOKEN_SDK_MODE",
  "TRIGGER_TOKEN",
  "TRIGGER_TOKEN_FILE",
  "ALLOW_ANONYMOUS",
  "ALLOW_TABLE_FUNCTIONS",
  "ALLOW_TRIGGERS",
  "ALLOW_UNPROVEN_MASKS",
  "ALLOW_DETOKENIZE",
  "ALLOWED_DATASETS",
  "HOST",
  "PORT",
  "LOG_LEVEL",
  "LOG_FORMAT",
  "NO_COLOR",
  "NO_PROXY", // set, not read
] as const;

/**
 * The program's own variables, libpq's, those of the DataHub loop and those of each token SDK, without
 * duplicates.
 */
export const ENVIRONMENT_NAMES: readonly string[] = [
  ...new Set([
    ...OWN_NAMES,
    ...LIBPQ_VARIABLES,
    ...DATAHUB_ENVIRONMENT,
    ...TOKEN_SDK_ADAPTERS.flatMap((adapter) => adapter.environment),
  ]),
];

if (import.meta.main) console.log(ENVIRONMENT_NAMES.join(","));
