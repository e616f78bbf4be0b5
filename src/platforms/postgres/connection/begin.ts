/**
 * Begins a transaction of a run, with the settings that its statements rely on.
 *
 * - `search_path`: the system catalogue alone, so that no name can be captured.
 * - `row_security`: if a policy would hide rows, Postgres refuses instead of skipping them.
 * - `statement_timeout`: the program's limit, unless the server's own for the role is shorter.
 * - `gin_fuzzy_search_limit`: it would drop rows that an index finds.
 * - `session_replication_role`: as a replica a session carries no change over foreign keys, and fires no
 *   trigger. A role that may not set it back is refused.
 * - `array_nulls`: a batch travels as arrays, whose NULLs would otherwise be the word NULL.
 * - Joins: a batch is joined to the table by `ctid`, for which the planner must not scan the table.
 * - `plan_cache_mode`: a prepared statement is planned once; planning the look-up takes longer than running
 *   it.
 */
import type { TransactionLimits } from "./settings.ts";

/**
 * Temporary objects are named last: left out, they would come first for tables and types, and anything
 * that ran in this session before could have put one in place of a relation of the catalogue.
 */
export const SAFE_SEARCH_PATH = "SET LOCAL search_path = pg_catalog, pg_temp";

/** The kind of transaction. */
export interface TransactionOptions extends TransactionLimits {
  readonly isolation: "READ COMMITTED" | "REPEATABLE READ";
  readonly readOnly: boolean;
}

/** Those with a value that is always the same. */
const SETTINGS: Readonly<Record<string, string>> = {
  standard_conforming_strings: "on",
  row_security: "off",
  array_nulls: "on",
  gin_fuzzy_search_limit: "0",
  enable_tidscan: "on",
  enable_nestloop: "on",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  jit: "off",
  plan_cache_mode: "force_generic_plan",
};

/** The statements, to be sent as one text. */
export function beginStatement(options: TransactionOptions): string {
  const { lockTimeoutMs, statementTimeoutMs } = options;
  return [
    start(options),
    SAFE_SEARCH_PATH,
    `SET LOCAL lock_timeout = ${lockTimeoutMs}`,
    `SELECT ${limitStatements(statementTimeoutMs)}`,
    `SELECT ${set("session_replication_role", "'origin'")} WHERE ${IS_REPLICA}`,
    ...Object.entries(SETTINGS).map(([name, value]) => `SET LOCAL ${name} = ${value}`),
  ].join("; ");
}

/**
 * The same as a few statements, each to be prepared and sent on its own. The `search_path` comes before the
 * first operator.
 */
export function beginStatements(options: TransactionOptions): readonly string[] {
  const { lockTimeoutMs, statementTimeoutMs } = options;
  const settings = [
    set("lock_timeout", `'${lockTimeoutMs}'`),
    limitStatements(statementTimeoutMs),
    `CASE WHEN ${IS_REPLICA} THEN ${set("session_replication_role", "'origin'")} END`,
    ...Object.entries(SETTINGS).map(([name, value]) => set(name, `'${value}'`)),
  ];
  return [start(options), SAFE_SEARCH_PATH, `SELECT ${settings.join(", ")}`];
}

function start({ isolation, readOnly }: TransactionOptions): string {
  return `BEGIN ISOLATION LEVEL ${isolation}, ${readOnly ? "READ ONLY" : "READ WRITE"}`;
}

const IS_REPLICA = "pg_catalog.current_setting('session_replication_role') <> 'origin'";

/** SQL that sets `statement_timeout`, which reads as `50ms`, `1h` or the like, and as 0 if there is none. */
function limitStatements(limitMs: number): string {
  const own =
    "EXTRACT(EPOCH FROM pg_catalog.current_setting('statement_timeout')::interval) * 1000";
  return set("statement_timeout", `(LEAST(NULLIF((${own})::int8, 0), ${limitMs}))::text`);
}

/** SQL that sets a setting until the transaction ends; `value` is SQL for its text. */
function set(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true)`;
}
