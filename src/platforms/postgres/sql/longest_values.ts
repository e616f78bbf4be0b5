/** The length of the longest value still to be tokenized in each column, in bytes of UTF-8. */
import type { Selection } from "../../../tokens/selection.ts";
import type { TableName } from "../table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/**
 * Gives one row with a number for each of `columns`; NULL if a column has nothing to tokenize. Only rows `t`
 * that meet `condition` count.
 */
export function longestValuesStatement(
  table: TableName,
  columns: readonly string[],
  selects: Selection,
  condition = "true",
): string {
  const longest = columns.map((column) =>
    `max(octet_length(convert_to(${columnText(column)}, 'UTF8'))) FILTER (WHERE ${
      columnGuard(column, selects)
    })`
  );
  return `SELECT ${longest.join(", ")} FROM ${tableName(table)} t WHERE ${condition}`;
}
