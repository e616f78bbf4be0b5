/**
 * Reads the texts of the rows that were too long for the cursor, by `ctid`.
 *
 * Parameters: the rows' `tableoid`s and `ctid`s, as arrays.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** One row: where it is, and the text of each column, NULL if it is not to be tokenized. */
export type LongValuesRow = readonly [tableOid: number, ctid: string, ...texts: (string | null)[]];

/** Gives a `LongValuesRow` for each row that is still there. */
export function readLongValuesStatement(table: TargetTable, selects: Selection): string {
  const values = table.columns.map(({ name }) =>
    `CASE WHEN ${columnGuard(name, selects)} THEN ${columnText(name)} END`
  );
  return `SELECT t.tableoid, t.ctid, ${values.join(", ")}
FROM ${tableName(table)} t
JOIN unnest($1::oid[], $2::text[]::tid[]) AS batch(table_oid, row_ctid)
  ON t.ctid = batch.row_ctid AND t.tableoid = batch.table_oid`;
}
