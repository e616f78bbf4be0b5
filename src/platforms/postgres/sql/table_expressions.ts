/** The pieces of SQL that every statement on the table shares: its name, its columns, the guard. */
import type { Selection } from "../../../tokens/selection.ts";
import { literalPrefix, type TokenPattern, toPostgres } from "../../../tokens/token_pattern.ts";
import { quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import type { CheckedTable } from "../lookup/check_table.ts";

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

/** True where `text`, an SQL expression, is selected; not true for NULL. */
export function guard(text: string, { among, except }: Selection): string {
  // what most texts are, once the work is done, comes first
  const unwanted = except.length === 0 ? [] : [`NOT (${matchesAny(text, except)})`];
  const wanted = among === undefined ? [] : [`(${matchesAny(text, among)})`];
  return [...unwanted, ...wanted].join(" AND ");
}

function matchesAny(text: string, patterns: readonly TokenPattern[]): string {
  return patterns.map((each) => matches(text, each)).join(" OR ") || "false";
}

function matches(text: string, pattern: TokenPattern): string {
  // in the C collation ranges mean code points, and nondeterministic collations are no obstacle
  const whole = `${text} COLLATE "C" ~ ${quoteLiteral(toPostgres(pattern))}`;
  const prefix = literalPrefix(pattern);
  if (prefix === "") return whole;
  // most values differ at once: LIKE sees it in a fifth of starts_with()'s time, and both long before a
  // regular expression does
  const start = quoteLiteral(`${prefix.replace(/[_%\\]/g, "\\$&")}%`);
  return `${text} COLLATE "C" LIKE ${start} AND ${whole}`;
}

/** True where the column of the row `t` holds a selected text. */
export function columnGuard(column: string, selection: Selection): string {
  return guard(columnText(column), selection);
}

/** True where any of the table's columns holds a selected text. */
export function rowGuard(table: CheckedTable, selection: Selection): string {
  return table.columns.map(({ name }) => `(${columnGuard(name, selection)})`).join(" OR ");
}
