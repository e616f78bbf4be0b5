/** Counts all rows of the table, and those that a run would change, in one look. */
import type { TokenPattern } from "../../../tokens/token_pattern.ts";
import type { CheckedTable } from "../check_table.ts";
import { rowGuard, tableName } from "./table_expressions.ts";

/** What the count gives, as `int8` in text. */
export type CountRow = [total: string, untokenized: string];

/** The statement; a run counts `withGuard`, and without it only all rows. */
export function countRowsStatement(table: CheckedTable, pattern: TokenPattern): string {
  return `SELECT count(*), count(*) FILTER (WHERE ${rowGuard(table, pattern)}) FROM ${
    tableName(table)
  } t`;
}

/** Whether a hundredth of the table, taken block by block, has a row that a run would change. */
export function anyInSampleStatement(table: CheckedTable, pattern: TokenPattern): string {
  return `SELECT EXISTS (SELECT FROM ${tableName(table)} t TABLESAMPLE SYSTEM (1) WHERE ${
    rowGuard(table, pattern)
  })`;
}

/** Counts all rows only. */
export function countAllStatement(table: CheckedTable): string {
  return `SELECT count(*) FROM ${tableName(table)} t`;
}
