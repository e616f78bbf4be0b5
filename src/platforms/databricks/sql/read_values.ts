/** Reads the distinct combinations of the columns' texts of which at least one is selected. */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../table.ts";
import { columnText, rowGuard, tableName } from "./table_expressions.ts";

/** A combination: the columns' texts `s0`, `s1`, …, and the number `n` of rows that have them. */
export type ValuesRow = Readonly<Record<`s${number}`, string | null>> & {
  readonly n: number;
};

/** Reads every combination that has a text which `selects` selects. */
export function readValuesStatement(table: CheckedTable, selects: Selection): string {
  const texts = table.columns.map(columnText);
  const named = texts.map((text, i) => `${text} AS s${i}`);
  return `SELECT ${named.join(", ")}, count(*) AS n FROM ${tableName(table)} AS t WHERE ${
    rowGuard(table, selects)
  } GROUP BY ${texts.join(", ")}`;
}
