/** Counts all rows of the table, those that a run would change, and foreign tokens, in one look. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../check_table.ts";
import { columnGuard, columnText, isToken, rowGuard, tableName } from "./table_expressions.ts";

/**
 * Rows of one kind, and how many there are, as `int8` in text. A row's kind is the number of its
 * foreign tokens, and of its selected texts `SELECTED` times.
 */
export type KindRow = [kind: number, rows: string];

/** More than a table can have columns. */
export const SELECTED = 10_000;

/** What `countAllStatement` gives, as `int8` in text. */
export type CountAllRow = [total: string, foreign: string];

/**
 * The rows of each kind. Each text is looked at once, and beginning with what it is when all is done;
 * and several workers can do it.
 */
export function countKindsStatement(table: CheckedTable, conversion: Conversion): string {
  const { current, selects, foreign } = conversion;
  const kinds = table.columns.map(({ name }) =>
    `CASE WHEN ${isToken(columnText(name), current)} THEN 0
    WHEN ${columnGuard(name, selects)} THEN ${SELECTED}
    WHEN ${columnGuard(name, foreign)} THEN 1 ELSE 0 END`
  );
  return `SELECT kind, count(*) FROM (
  SELECT ${kinds.join(" + ")} AS kind FROM ${tableName(table)} t
) looked_at GROUP BY kind`;
}

/** Whether a hundredth of the table, taken block by block, has a row that a run would change. */
export function anyInSampleStatement(table: CheckedTable, selects: Selection): string {
  return `SELECT EXISTS (SELECT FROM ${tableName(table)} t TABLESAMPLE SYSTEM (1) WHERE ${
    rowGuard(table, selects)
  })`;
}

/** All rows, and the foreign tokens in them. */
export function countAllStatement(table: CheckedTable, { foreign }: Conversion): string {
  const counts = table.columns.map(({ name }) =>
    `count(*) FILTER (WHERE ${columnGuard(name, foreign)})`
  );
  return `SELECT count(*), ${counts.join(" + ")} FROM ${tableName(table)} t`;
}
