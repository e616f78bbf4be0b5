/** Counts all rows of the table, those that a run would change, and foreign tokens, in one scan. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { CheckedTable } from "../table.ts";
import { columnGuard, isInvalidText, rowGuard, tableName } from "./table_expressions.ts";

/** What `countAllStatement` gives. */
export interface CountAllRow {
  readonly total: number;
  readonly foreign_tokens: number;
}

/**
 * What `countRowsStatement` gives: besides, the rows with a selected text, and for each column the
 * selected texts that are not valid UTF-8 (`invalid0`, …).
 */
export type CountRow =
  & CountAllRow
  & { readonly selected: number }
  & Readonly<Record<`invalid${number}`, number>>;

/** Counts all; of the table as it was at `version`, if one is given. */
export function countRowsStatement(
  table: CheckedTable,
  conversion: Conversion,
  version?: number,
): string {
  const selected = `count_if(${rowGuard(table, conversion.selects)}) AS selected`;
  const invalid = table.columns.map((column, i) =>
    `count_if(${isInvalidText(column, conversion.selects)}) AS invalid${i}`
  );
  const counts = [countsOfAll(table, conversion), selected, ...invalid];
  return `SELECT ${counts.join(", ")} FROM ${tableName(table)}${asOf(version)} AS t`;
}

/** Counts all rows and foreign tokens, likewise. */
export function countAllStatement(
  table: CheckedTable,
  conversion: Conversion,
  version?: number,
): string {
  return `SELECT ${countsOfAll(table, conversion)} FROM ${tableName(table)}${asOf(version)} AS t`;
}

function countsOfAll(table: CheckedTable, { foreign }: Conversion): string {
  const tokens = table.columns.map((column) => `count_if(${columnGuard(column, foreign)})`);
  return `count(*) AS total, ${tokens.join(" + ")} AS foreign_tokens`;
}

function asOf(version: number | undefined): string {
  return version === undefined ? "" : ` VERSION AS OF ${version}`;
}
