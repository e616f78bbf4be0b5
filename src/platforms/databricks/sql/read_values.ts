/**
 * The distinct combinations of the columns' values of which at least one is to be tokenized, as
 * `s0`, `s1`, … .
 */
import type { TokenPattern } from "../../../tokens/token_pattern.ts";
import type { CheckedTable } from "../check_table.ts";
import { columnText, rowGuard, tableName } from "./table_expressions.ts";

/** The statement. */
export function readValuesStatement(table: CheckedTable, pattern: TokenPattern): string {
  const values = table.columns.map((column, i) => `${columnText(column)} AS s${i}`);
  return `SELECT DISTINCT ${values.join(", ")} FROM ${tableName(table)} AS t WHERE ${
    rowGuard(table, pattern)
  }`;
}
