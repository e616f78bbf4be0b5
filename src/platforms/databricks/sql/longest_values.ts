/** For each column of limited length the longest value yet to be tokenized, in bytes of UTF-8. */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedColumn, CheckedTable } from "../table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** What it gives: for each column its longest text in bytes of UTF-8, or NULL. */
export type LongestValuesRow = Readonly<Record<`c${number}`, number | null>>;

/** The statement, giving `c0`, `c1`, … for `columns`; one with nothing to tokenize gives NULL. */
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
