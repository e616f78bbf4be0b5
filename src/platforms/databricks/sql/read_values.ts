/**
 * Reads the distinct combinations of the columns' texts of which at least one is selected. Those with a
 * selected text that is not valid UTF-8 are left out: they could not be read as they are.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../table.ts";
import { encrypted } from "./session_key.ts";
import { columnText, isInvalidText, rowGuard, tableName } from "./table_expressions.ts";

/** A combination: the columns' texts `s0`, `s1`, …, and the number `n` of rows that have them. */
export type ValuesRow =
  & Readonly<Record<`s${number}`, string | null>>
  /** Their ciphertexts `e0`, `e1`, …, if they were asked for. */
  & Readonly<Record<`e${number}`, string | null>>
  & { readonly n: number };

/** Reads every combination to be converted. */
export function readValuesStatement(table: CheckedTable, selects: Selection): string {
  return select(table, selects, table.columns.map(columnText));
}

/** The same with ciphertexts, for `writeTokensStatement`. The session must have a key. */
export function readValuesToWriteStatement(table: CheckedTable, selects: Selection): string {
  const texts = table.columns.map(columnText);
  return select(table, selects, texts, texts.map((text, i) => `${encrypted(text)} AS e${i}`));
}

function select(
  table: CheckedTable,
  selects: Selection,
  texts: readonly string[],
  besides: readonly string[] = [],
): string {
  const named = texts.map((text, i) => `${text} AS s${i}`);
  const invalid = table.columns.map((column) => isInvalidText(column, selects));
  return `SELECT ${[...named, ...besides].join(", ")}, count(*) AS n FROM ${tableName(table)} AS t
WHERE (${rowGuard(table, selects)}) AND NOT (${invalid.join(" OR ")})
GROUP BY ${texts.join(", ")}`;
}
