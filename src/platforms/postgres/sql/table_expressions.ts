/** The pieces of SQL that every statement on the table shares: its name, its columns, the guard. */
import { literalPrefix, type TokenPattern, toPostgres } from "../../../tokens/token_pattern.ts";
import { quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import type { CheckedTable } from "../check_table.ts";

/** What a table is called. */
export type TableName = Pick<CheckedTable, "schema" | "name">;

/** The table's name, for any `search_path`. */
export function tableName(table: TableName): string {
  return `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
}

/** A column of the row `t`, as text; of `char(n)` without its padding. */
export function columnText(column: string): string {
  return `t.${quoteIdentifier(column)}::text`;
}

/** True where `text`, an SQL expression, is a value and not a token; not true for NULL. */
export function guard(text: string, pattern: TokenPattern): string {
  // in the C collation ranges mean code points, and nondeterministic collations are no obstacle
  const matches = `${text} COLLATE "C" ~ ${quoteLiteral(toPostgres(pattern))}`;
  const prefix = literalPrefix(pattern);
  if (prefix === "") return `NOT (${matches})`;
  // most values differ at once, which is cheaper to see than by a regular expression
  return `NOT (starts_with(${text} COLLATE "C", ${quoteLiteral(prefix)}) AND ${matches})`;
}

/** True where the column of the row `t` holds a value that is not a token. */
export function columnGuard(column: string, pattern: TokenPattern): string {
  return guard(columnText(column), pattern);
}

/** True where any of the table's columns holds a value that is not a token. */
export function rowGuard(table: CheckedTable, pattern: TokenPattern): string {
  return table.columns.map(({ name }) => columnGuard(name, pattern)).join(" OR ");
}
