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
import {
  columnGuard,
  columnOf,
  columnText,
  rowGuard,
  rowWith,
  tableName,
} from "./table_expressions.ts";

/** The SQL expression for the token of an operand, a text of that column. */
type TokenExpression = (operand: string, column: CheckedColumn) => string;

/** Updates every selected text; `token` gives the SQL expression for the token of an operand. */
export function updateInPlaceStatement(
  table: CheckedTable,
  conversion: Pick<Conversion, "selects" | "result">,
  token: TokenExpression,
): string {
  const values = newValues(table, conversion, token);
  const assignments = table.columns.map(({ name }, i) => `${quoteIdentifier(name)} = ${values[i]}`);
  return `UPDATE ${tableName(table)} AS t SET ${assignments.join(", ")} WHERE ${
    rowGuard(table, conversion.selects)
  }`;
}

/** The rows that it would write, as it would write them. */
export function updatedRows(
  table: CheckedTable,
  conversion: Pick<Conversion, "selects" | "result">,
  token: TokenExpression,
): string {
  const values = newValues(table, conversion, token);
  return `SELECT ${rowWith(table, values)} FROM ${tableName(table)} AS t WHERE ${
    rowGuard(table, conversion.selects)
  }`;
}

/** What the columns are set to. */
function newValues(
  table: CheckedTable,
  { selects, result }: Pick<Conversion, "selects" | "result">,
  token: TokenExpression,
): string[] {
  return table.columns.map((column) => {
    const text = columnText(column);
    // the match is the token itself, so that it is computed once
    const made = `get(regexp_extract_all(${token(text, column)}, ${
      rawLiteral(toSpark(result))
    }, 0), 0)`;
    const checked = `CASE WHEN NOT is_valid_utf8(${text}) THEN raise_error('${NOT_TEXT}') ` +
      `ELSE coalesce(${made}, raise_error('${NOT_A_TOKEN}')) END`;
    return table.columns.length === 1
      ? checked // the WHERE clause has tested it already
      : `CASE WHEN ${columnGuard(column, selects)} THEN ${checked} ELSE ${columnOf(column)} END`;
  });
}
