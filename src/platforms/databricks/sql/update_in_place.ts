/**
 * Tokenizes the whole table in one atomic statement, by the SDK's own SQL expression.
 *
 * Each value must be valid UTF-8, and each result is checked against the SDK's pattern as it is
 * written: otherwise the statement fails and nothing has changed.
 */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { CheckedColumn, CheckedTable } from "../table.ts";
import { toSpark } from "../../../tokens/token_pattern.ts";
import { quoteIdentifier, rawLiteral } from "../identifiers.ts";
import { NOT_A_TOKEN, NOT_TEXT } from "../raised_errors.ts";
import { columnGuard, columnOf, columnText, rowGuard, tableName } from "./table_expressions.ts";

/** Updates every selected text; `token` gives the SQL expression for the token of an operand. */
export function updateInPlaceStatement(
  table: CheckedTable,
  { selects, result }: Pick<Conversion, "selects" | "result">,
  token: (operand: string, column: CheckedColumn) => string,
): string {
  const assignments = table.columns.map((column) => {
    const text = columnText(column);
    // the match is the token itself, so that it is computed once
    const made = `get(regexp_extract_all(${token(text, column)}, ${
      rawLiteral(toSpark(result))
    }, 0), 0)`;
    const checked = `CASE WHEN NOT is_valid_utf8(${text}) THEN raise_error('${NOT_TEXT}') ` +
      `ELSE coalesce(${made}, raise_error('${NOT_A_TOKEN}')) END`;
    const assigned = table.columns.length === 1
      ? checked // the WHERE clause has tested it already
      : `CASE WHEN ${columnGuard(column, selects)} THEN ${checked} ELSE ${columnOf(column)} END`;
    return `${quoteIdentifier(column.name)} = ${assigned}`;
  });
  return `UPDATE ${tableName(table)} AS t SET ${assignments.join(", ")} WHERE ${
    rowGuard(table, selects)
  }`;
}
