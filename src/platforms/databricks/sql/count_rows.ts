/** Counts all rows of the table, and those that a run would change, in one look. */
import type { TokenPattern } from "../../../tokens/token_pattern.ts";
import type { CheckedTable } from "../check_table.ts";
import { rowGuard, tableName } from "./table_expressions.ts";

/** What the counts give. */
export interface CountRow {
  readonly total: number;
  readonly untokenized: number;
}

/** The statement; of the table as it was at `version`, where one is given. */
export function countRowsStatement(
  table: CheckedTable,
  pattern: TokenPattern,
  version?: number,
): string {
  return `SELECT count(*) AS total, count_if(${rowGuard(table, pattern)}) AS untokenized FROM ${
    tableName(table)
  }${asOf(version)} AS t`;
}

/** Counts all rows only, which the table's metadata answer. */
export function countAllStatement(table: CheckedTable, version?: number): string {
  return `SELECT count(*) AS total FROM ${tableName(table)}${asOf(version)}`;
}

function asOf(version: number | undefined): string {
  return version === undefined ? "" : ` VERSION AS OF ${version}`;
}
