/** Counts all rows of the table, those that a run would change, and foreign tokens, in one look. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { CheckedTable } from "../table.ts";
import { columnGuard, rowGuard, tableName } from "./table_expressions.ts";

/** What is counted whatever a run does. */
export interface TableCounts {
  readonly total: number;
  readonly foreign: number;
}

/** What a look at the table gives. */
export interface CountRow extends TableCounts {
  /** Rows with a selected text. */
  readonly selected: number;
}

/** The statement; of the table as it was at `version`, where one is given. */
export function countRowsStatement(
  table: CheckedTable,
  conversion: Conversion,
  version?: number,
): string {
  const selected = `count_if(${rowGuard(table, conversion.selects)}) AS selected`;
  return `SELECT ${countsOfAll(table, conversion)}, ${selected} FROM ${tableName(table)}${
    asOf(version)
  } AS t`;
}

/** Counts all rows, and foreign tokens. */
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
