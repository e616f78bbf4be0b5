/** For each column of limited length the longest value yet to be tokenized, in bytes of UTF-8. */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../lookup/check_table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** The statement, over `columns` in their order; a column with nothing to tokenize gives NULL. */
export function longestValuesStatement(
  table: CheckedTable,
  columns: readonly string[],
  selects: Selection,
): string {
  const longest = columns.map((column) =>
    `max(octet_length(convert_to(${columnText(column)}, 'UTF8'))) FILTER (WHERE ${
      columnGuard(column, selects)
    })`
  );
  return `SELECT ${longest.join(", ")} FROM ${tableName(table)} t`;
}
