/** For each column of limited length the longest value yet to be tokenized, in bytes of UTF-8. */
import type { TokenPattern } from "../../../tokens/token_pattern.ts";
import type { CheckedColumn, CheckedTable } from "../check_table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** The statement, giving `c0`, `c1`, … for `columns`; one with nothing to tokenize gives NULL. */
export function longestValuesStatement(
  table: CheckedTable,
  columns: readonly CheckedColumn[],
  pattern: TokenPattern,
): string {
  const longest = columns.map((column, i) =>
    `max(octet_length(${columnText(column)})) FILTER (WHERE ${
      columnGuard(column, pattern)
    }) AS c${i}`
  );
  return `SELECT ${longest.join(", ")} FROM ${tableName(table)} AS t`;
}
