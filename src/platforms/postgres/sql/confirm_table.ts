/**
 * Confirms, in a transaction that has just locked a table by its name, that the name still means the table
 * that it meant when it was looked up, and that nothing of it has changed; and takes the lock of the run.
 *
 * Parameters: the first six of the look-up; the table's fingerprint; the snapshot of the look-up, empty if
 * it was made through another connection; the table's oid; the bytes from which on it is too large.
 */
import { findTablesStatement } from "./find_tables.ts";
import { tryLockRun } from "./try_lock_run.ts";

/** The one row: the snapshot, to be given the next time. */
export type ConfirmTableRow = [snapshot: string, one: number];

const made = new Map<boolean, string>();

/**
 * Gives a `ConfirmTableRow`, or fails, by a division by zero: so the server refuses what was sent after it. If
 * the snapshot still holds, no transaction has been committed since, and nothing has to be looked up.
 */
export function confirmTableStatement({ isPlain }: { readonly isPlain: boolean }): string {
  const known = made.get(isPlain) ?? makeStatement(isPlain);
  made.set(isPlain, known);
  return known;
}

function makeStatement(isPlain: boolean): string {
  return `SELECT txid_current_snapshot()::text, 1 / CASE
  WHEN pg_relation_size($9::oid) < $10::int8 AND ${tryLockRun("$9::oid")} AND (
    txid_current_snapshot()::text = $8::text OR (
      SELECT count(*) = 1 AND bool_and(t.definition ->> 'fingerprint' = $7::text)
      FROM (${findTablesStatement(isPlain ? "plain" : "exact")}) AS found(database, tables)
      CROSS JOIN LATERAL json_array_elements(found.tables) AS t(definition)))
  THEN 1 ELSE 0 END`;
}
