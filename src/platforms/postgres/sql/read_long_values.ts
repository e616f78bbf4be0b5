/**
 * Reads the values of rows that the cursor left behind for their length, by address. The rows are
 * locked already.
 *
 * Parameters: the rows' `tableoid`s and `ctid`s, as arrays. Gives what the cursor gives, without the
 * two last columns.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../lookup/check_table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** The statement. */
export function readLongValuesStatement(table: CheckedTable, selects: Selection): string {
  const values = table.columns.map(({ name }) =>
    `CASE WHEN ${columnGuard(name, selects)} THEN ${columnText(name)} END`
  );
  return `SELECT t.tableoid, t.ctid, ${values.join(", ")}
FROM ${tableName(table)} t
JOIN unnest($1::oid[], $2::text[]::tid[]) AS batch(table_oid, row_address)
  ON t.ctid = batch.row_address AND t.tableoid = batch.table_oid`;
}
