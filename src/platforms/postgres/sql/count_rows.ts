/** Counts all rows of the table, those that a run would change, and foreign tokens, in one scan. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import {
  beginningsGuard,
  columnGuard,
  columnText,
  rowGuard,
  tableName,
} from "./table_expressions.ts";

/** The one row that `countRowsStatement` gives: each an `int8`, as text. */
export type CountRow = [total: string, foreign: string, selected: string];

/** The one row that `measureRowsStatement` gives: NULL for a column with nothing to convert. */
export type MeasureRow = [...CountRow, ...longestBytes: (number | null)[]];

/** Counts all rows, the foreign tokens in them, and the rows with something to convert. */
export function countRowsStatement(table: TargetTable, conversion: Conversion): string {
  return `SELECT ${countsOfSelected(table, conversion)} FROM ${tableName(table)} t`;
}

/**
 * The same, and for each column the length in bytes of UTF-8 of the longest text to convert. It fails if
 * one of these is not valid, or has no equivalent in UTF-8.
 */
export function measureRowsStatement(table: TargetTable, conversion: Conversion): string {
  const longest = table.columns.map(({ name }) =>
    `max(octet_length(convert_to(CASE WHEN ${columnGuard(name, conversion.selects)} THEN ${
      columnText(name)
    } END, 'UTF8')))`
  );
  return `SELECT ${countsOfSelected(table, conversion)}, ${longest.join(", ")} FROM ${
    tableName(table)
  } t`;
}

function countsOfSelected(table: TargetTable, conversion: Conversion): string {
  const selected = `count(*) FILTER (WHERE ${rowGuard(table, conversion.selects)})`;
  return `${countsOfAll(table, conversion)}, ${selected}`;
}

/** Gives whether a sample, a hundredth of the blocks, has a row that a run would change. */
export function anyInSampleStatement(table: TargetTable, selects: Selection): string {
  return `SELECT EXISTS (SELECT FROM ${tableName(table)} t TABLESAMPLE SYSTEM (1) WHERE ${
    rowGuard(table, selects)
  })`;
}

/** Counts the foreign tokens. */
export function countForeignStatement(table: TargetTable, conversion: Conversion): string {
  return `SELECT ${foreignCount(table, conversion)} FROM ${tableName(table)} t`;
}

/**
 * Counts all rows, and those with a text that does not begin like a token. Undefined if that does not tell
 * what is to be converted.
 */
export function countBeginningsStatement(
  table: TargetTable,
  selects: Selection,
): string | undefined {
  const unlike = beginningsGuard(table, selects);
  if (unlike === undefined) return undefined;
  return `SELECT count(*), count(*) FILTER (WHERE ${unlike}) FROM ${tableName(table)} t`;
}

function countsOfAll(table: TargetTable, conversion: Conversion): string {
  return `count(*), ${foreignCount(table, conversion)}`;
}

function foreignCount(table: TargetTable, { foreign }: Conversion): string {
  return table.columns.map(({ name }) => `count(*) FILTER (WHERE ${columnGuard(name, foreign)})`)
    .join(" + ");
}
