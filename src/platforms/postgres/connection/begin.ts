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

/** The statements, to be sent as one text. */
export function beginStatement(
  { isolation, readOnly, lockTimeoutMs, statementTimeoutMs }: TransactionOptions,
): string {
  return [
    `BEGIN ISOLATION LEVEL ${isolation}, ${readOnly ? "READ ONLY" : "READ WRITE"}`,
    SAFE_SEARCH_PATH,
    `SET LOCAL standard_conforming_strings = on`,
    `SET LOCAL row_security = off`,
    `SET LOCAL array_nulls = on`,
    `SET LOCAL lock_timeout = ${lockTimeoutMs}`,
    limitStatements(statementTimeoutMs),
    "SELECT pg_catalog.set_config('session_replication_role', 'origin', true) " +
    "WHERE pg_catalog.current_setting('session_replication_role') <> 'origin'",
    `SET LOCAL gin_fuzzy_search_limit = 0`,
    `SET LOCAL enable_tidscan = on`,
    `SET LOCAL enable_nestloop = on`,
    `SET LOCAL enable_hashjoin = off`,
    `SET LOCAL enable_mergejoin = off`,
    `SET LOCAL jit = off`,
    `SET LOCAL plan_cache_mode = force_generic_plan`,
  ].join("; ");
}

/** Sets `statement_timeout`, which reads as `50ms`, `1h` or the like, and as 0 if there is none. */
function limitStatements(limitMs: number): string {
  const own =
    "EXTRACT(EPOCH FROM pg_catalog.current_setting('statement_timeout')::interval) * 1000";
  const limit = `LEAST(NULLIF((${own})::int8, 0), ${limitMs})`;
  return `SELECT pg_catalog.set_config('statement_timeout', (${limit})::text, true)`;
}
