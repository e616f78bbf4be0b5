/**
 * Counts the rows with something to convert that a run is answerable for: it wrote them, or they were
 * there before it began. What other writers committed meanwhile is theirs.
 *
 * `xmin` tells which transaction wrote a row, in 32 bits; a number from the same lap as the run's own
 * has 64. Sources: PostgreSQL documentation, "74.1 Transactions and Identifiers", and
 * "Transaction ID and Snapshot Information Functions" (the text of a snapshot).
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { quoteLiteral } from "../identifiers.ts";
import { beginningsGuard, rowGuard, tableName } from "./table_expressions.ts";

/** Fires the deferred triggers now, so that what they do is counted. */
export const FIRE_DEFERRED = "SET CONSTRAINTS ALL IMMEDIATE";

/**
 * Gives the count at the end of a run, an `int8` as text. A row belongs to the run if its transaction is older
 * than all that were under way when the table was looked up: then it had ended; if it is still under way, as
 * the run's own is, with the subtransactions of triggers; or if it is newer than all that have ended.
 */
export function countLeftStatement(table: TargetTable, selects: Selection): string {
  const [oldestRunning] = table.snapshot.split(":"); // written as `xmin:xmax:xip_list`
  return `SELECT count(*) FROM ${tableName(table)} t CROSS JOIN (
  SELECT pg_catalog.txid_current() AS id,
    pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) AS xmax OFFSET 0
) own
CROSS JOIN LATERAL (SELECT (own.id - t.xmin::text::int8) & 4294967295 AS age) row_age
CROSS JOIN LATERAL (
  SELECT own.id - age + CASE WHEN age < 2147483648 THEN 0 ELSE 4294967296 END AS id
) writer
WHERE CASE WHEN ${rowGuard(table, selects)} THEN writer.id < ${quoteLiteral(oldestRunning!)}::int8
  OR CASE WHEN writer.id >= own.xmax THEN true
    ELSE pg_catalog.txid_status(writer.id) = 'in progress' END ELSE false END`;
}

/**
 * Gives how many rows that the present transaction wrote have something to convert, likewise. With
 * `byBeginnings` how many have a text that may be selected by how it begins, if that tells.
 */
export function countOwnLeftStatement(
  table: TargetTable,
  selects: Selection,
  { byBeginnings }: { readonly byBeginnings: boolean },
): string {
  const quick = byBeginnings ? beginningsGuard(table, selects) : undefined;
  const left = quick ?? rowGuard(table, selects);
  return `SELECT count(*) FROM ${tableName(table)} t
WHERE CASE WHEN t.xmin = (SELECT (pg_catalog.txid_current() & 4294967295)::text::xid)
  THEN ${left} ELSE false END`;
}
