/**
 * The distinct combinations of the columns' texts of which at least one is selected, as `s0`, `s1`, …,
 * and how many rows have each, as `n`.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../table.ts";
import { columnText, rowGuard, tableName } from "./table_expressions.ts";

/** One combination of texts. */
export type ValuesRow = Readonly<Record<`s${number}`, string | null>> & {
  readonly n: number;
};

/** The statement. */
export function readValuesStatement(table: CheckedTable, selects: Selection): string {
  const texts = table.columns.map(columnText);
  const named = texts.map((text, i) => `${text} AS s${i}`);
  return `SELECT ${named.join(", ")}, count(*) AS n FROM ${tableName(table)} AS t WHERE ${
    rowGuard(table, selects)
  } GROUP BY ${texts.join(", ")}`;
}
