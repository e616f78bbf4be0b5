/** SQL that the statements on a table share: its name, its columns, the guard. */
import type { Selection } from "../../../tokens/selection.ts";
import { type TokenPattern, toSpark } from "../../../tokens/token_pattern.ts";
import type { CheckedColumn, CheckedTable } from "../table.ts";
import { quoteIdentifier, rawLiteral } from "../identifiers.ts";

/** The table's full name. */
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

/** The columns of the row `t`, with `values` in the place of those to tokenize. */
export function rowWith({ columns }: CheckedTable, values: readonly string[]): string {
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const replaced = values.map((value, i) => `${value} AS ${names[i]}`);
  return `t.* EXCEPT (${names.join(", ")}), ${replaced.join(", ")}`;
}

/** True if `text`, an SQL expression, matches the pattern as a whole; NULL for NULL. */
export function isToken(text: string, pattern: TokenPattern): string {
  return `${text} RLIKE ${rawLiteral(toSpark(pattern))}`;
}

/** True if the column holds a selected text; false or NULL for NULL. */
export function columnGuard(column: CheckedColumn, { include, exclude }: Selection): string {
  // one expression for all patterns, since the warehouse compiles each expression for each statement
  const isAnyOf = (patterns: readonly TokenPattern[]) =>
    isToken(columnText(column), { body: patterns.map(({ body }) => body).join("|") });
  const unwanted = exclude.length === 0 ? [] : [`NOT (${isAnyOf(exclude)})`];
  const wanted = include === undefined ? [] : [`(${isAnyOf(include)})`];
  return [...unwanted, ...wanted].join(" AND ");
}

/**
 * True if the column holds a selected text that is not valid UTF-8, such as one cast from a binary value
 * (Latin-1, say); false otherwise, never NULL. Nobody can read it as text without changing it.
 */
export function isInvalidText(column: CheckedColumn, selection: Selection): string {
  return `coalesce((${columnGuard(column, selection)}) AND NOT is_valid_utf8(${
    columnText(column)
  }), false)`;
}

/** True if any of the table's columns holds a selected text. */
export function rowGuard({ columns }: CheckedTable, selection: Selection): string {
  return columns.map((column) => `(${columnGuard(column, selection)})`).join(" OR ");
}
