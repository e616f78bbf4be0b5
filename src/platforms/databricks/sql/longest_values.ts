/** Finds each column's longest selected text, in bytes of UTF-8. */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedColumn, CheckedTable } from "../table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** `c0`, `c1`, …: each column's longest selected text in bytes of UTF-8; null if none is selected. */
export type LongestValuesRow = Readonly<Record<`c${number}`, number | null>>;

/** Measures `columns`, some of the table's. */
export function longestValuesStatement(
  table: CheckedTable,
  columns: readonly CheckedColumn[],
  selects: Selection,
): string {
  const longest = columns.map((column, i) =>
    `max(octet_length(${columnText(column)})) FILTER (WHERE ${
      columnGuard(column, selects)
    }) AS c${i}`
  );
  return `SELECT ${longest.join(", ")} FROM ${tableName(table)} AS t`;
}
