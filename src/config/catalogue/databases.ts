/** The settings that say where databases are, and how runs on them work. */
import { connectionString, flag, integer, text } from "../setting.ts";

const HOUR_MS = 3_600_000;
/** Postgres, and timers, count milliseconds in 31 bits. */
const TIMEOUT_RANGE = [1, 2_147_483_647] as const;

/** By variable. */
export const DATABASES = {
  PG_CONN_STR: connectionString(
    "Postgres: [a URL or libpq keywords](#the-postgres-connection-string)",
    "Postgres is off",
  ),
  PG_LOCK_TIMEOUT_MS: integer(
    "how long a run waits for a lock, in milliseconds",
    5000,
    TIMEOUT_RANGE,
  ),
  PG_STATEMENT_TIMEOUT_MS: integer(
    "how long one statement of a run may take, in milliseconds",
    HOUR_MS,
    TIMEOUT_RANGE,
    "an hour",
  ),
  PG_MAX_REPLICA_LAG_MS: integer(
    "[runs wait](runs.md#kind-to-the-database) while a standby needs longer than that to replay what " +
      "is written, in milliseconds; `0`: they do not",
    0,
    [0, 2_147_483_647],
    "off",
  ),
  PG_MAX_SLOT_LAG_MIB: integer(
    "runs wait while a logical replication slot is further behind, in MiB; `0`: they do not",
    0,
    [0, 2_147_483_647],
    "off",
  ),
  PG_MAX_ACTIVE_SESSIONS: integer(
    "runs wait while more sessions of others are active on the server; `0`: they do not",
    0,
    [0, 1_000_000],
    "off",
  ),
  RUN_TIMEOUT_MS: integer(
    "how long a run may take on any platform, in milliseconds",
    24 * HOUR_MS,
    TIMEOUT_RANGE,
    "a day",
  ),
  MAX_QUEUED_RUNS: integer(
    "how many runs may wait for a database while [others use it](runs.md#the-queue)",
    1000,
    [0, 100_000],
  ),
  DBX_JDBC_URL: connectionString(
    "Databricks: [the JDBC URL](databricks.md#connecting) of a SQL warehouse",
    "Databricks is off",
  ),
  DBX_SECRET_SCOPE: text(
    "Databricks: the secret scope with the key of `hmac-sha256`, whose tokens [the warehouse then makes](databricks.md#keyed-tokens-made-by-the-warehouse)",
    "the action makes them",
  ),
  PUSHDOWN: flag(
    "`false`: the action makes the tokens even if [the database could](postgres.md#methods)",
    true,
  ),
  ALLOW_TABLE_FUNCTIONS: flag(
    "`true`: tokenize tables [whose definition calls functions of others](postgres.md#functions-of-others)",
  ),
  ALLOW_UNPROVEN_MASKS: flag(
    "`true`: go on if nobody can tell whether [what is read is masked](postgres.md#masks)",
  ),
  ALLOW_TRIGGERS: flag(
    "`true`: tokenize tables [whose triggers or rules fire](postgres.md#triggers-and-rules)",
  ),
};
