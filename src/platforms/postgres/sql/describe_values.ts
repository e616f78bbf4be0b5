/** What is in the columns, for a plan: values, NULLs and tokens of each kind, counted in one scan. */
import type { Selection } from "../../../tokens/selection.ts";
import type { TokenKinds } from "../../../tokens/token_kinds.ts";
import type { TargetTable } from "../table.ts";
import { columnGuard, rowGuard, tableName } from "./table_expressions.ts";
import { quoteIdentifier } from "../identifiers.ts";

/**
 * The one row of the result, each number an `int8` as text: all rows, those with a selected text, and for
 * each column the NULLs, the selected texts, and the tokens of each kind.
 */
export type DescribeValuesRow = [rows: string, selected: string, ...ofColumns: string[]];

/** How many numbers there are of each column. */
export const NUMBERS_A_COLUMN = 5;

/** Gives a `DescribeValuesRow`. */
export function describeValuesStatement(
  table: TargetTable,
  selects: Selection,
  { own, otherKey, otherSdk }: TokenKinds,
): string {
  const counts = table.columns.flatMap(({ name }) => [
    `t.${quoteIdentifier(name)} IS NULL`,
    columnGuard(name, selects),
    columnGuard(name, own),
    columnGuard(name, otherKey),
    columnGuard(name, otherSdk),
  ]);
  const filtered = [rowGuard(table, selects), ...counts].map((condition) =>
    `count(*) FILTER (WHERE ${condition})`
  );
  return `SELECT count(*), ${filtered.join(", ")} FROM ${tableName(table)} t`;
}
