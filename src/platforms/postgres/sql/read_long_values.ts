/** Reads the texts of the rows that were too long for a batch, by `ctid`. */
import type { Selection } from "../../../tokens/selection.ts";
import { arrayLiteral, quoteLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { readGuard } from "./guards.ts";
import { columnText, tableName } from "./table_expressions.ts";

/** Where a row is. */
export interface RowAddress {
  readonly tableOid: number;
  /** In the text format. */
  readonly ctid: string;
}

/**
 * Copies those of the rows that are still there to the client, in the format of `copyValuesStatement`. COPY
 * has no parameters, so the addresses are part of the text.
 */
export function copyLongValuesStatement(
  table: TargetTable,
  selects: Selection,
  rows: readonly RowAddress[],
): string {
  const values = table.columns.map(({ name }) =>
    `CASE WHEN ${readGuard(columnText(name), selects)} THEN ${columnText(name)} END`
  );
  const tableOids = quoteLiteral(arrayLiteral(rows.map(({ tableOid }) => String(tableOid))));
  const ctids = quoteLiteral(arrayLiteral(rows.map(({ ctid }) => ctid)));
  return `COPY (
SELECT t.tableoid, t.ctid, NULL::int8, NULL::int8, ${values.join(", ")}
FROM ${tableName(table)} t
JOIN unnest(${tableOids}::oid[], ${ctids}::tid[]) AS batch(table_oid, row_ctid)
  ON t.ctid = batch.row_ctid AND t.tableoid = batch.table_oid
) TO STDOUT (FORMAT binary)`;
}
