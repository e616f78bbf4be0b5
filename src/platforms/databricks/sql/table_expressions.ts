/** The pieces of SQL that every statement on the table shares: its name, its columns, the guard. */
import { type TokenPattern, toSpark } from "../../../tokens/token_pattern.ts";
import type { CheckedColumn, CheckedTable } from "../check_table.ts";
import { quoteIdentifier, rawLiteral } from "../identifiers.ts";

/** The table's whole name. */
export function tableName({ catalog, schema, name }: CheckedTable): string {
  return [catalog, schema, name].map(quoteIdentifier).join(".");
}

/** A column of the row `t`. */
export function columnOf({ name }: CheckedColumn): string {
  return `t.${quoteIdentifier(name)}`;
}

/** A column of the row `t` as text; of `char(n)` without its padding. */
export function columnText(column: CheckedColumn): string {
  return column.isPadded ? `rtrim(${columnOf(column)})` : columnOf(column);
}

/** True where the text is a token. */
export function isToken(text: string, pattern: TokenPattern): string {
  return `${text} RLIKE ${rawLiteral(toSpark(pattern))}`;
}

/** True where the column holds a value that is not a token; not true for NULL. */
export function columnGuard(column: CheckedColumn, pattern: TokenPattern): string {
  return `NOT (${isToken(columnText(column), pattern)})`;
}

/** True where any of the table's columns holds a value that is not a token. */
export function rowGuard({ columns }: CheckedTable, pattern: TokenPattern): string {
  return columns.map((column) => columnGuard(column, pattern)).join(" OR ");
}
