/** Counts all rows of the table, those that a run would change, and foreign tokens, in one scan. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Selection } from "../../../tokens/selection.ts";
import { quoteLiteral } from "../identifiers.ts";
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
 * The same, but in rows that one of `transactions` wrote only texts are compared with the patterns that may
 * be selected by how they begin. `xmin` tells which wrote a row. A frozen row can be so old that its `xmin`
 * has come round to one of them; but then it was there before them, and they have read it.
 */
export function countRowsOfOthersStatement(
  table: TargetTable,
  conversion: Conversion,
  transactions: readonly string[],
): string {
  const own = `t.xmin = ANY (${quoteLiteral(`{${transactions.join(",")}}`)}::xid[])`;
  const selected = rowGuard(table, conversion.selects);
  const beginning = beginningsGuard(table, conversion.selects) ?? "true";
  return `SELECT ${countsOfAll(table, conversion)}, count(*) FILTER (
  WHERE CASE WHEN ${own} AND NOT coalesce(${beginning}, false) THEN false ELSE ${selected} END
) FROM ${tableName(table)} t`;
}

/**
 * Gives the present transaction as `xmin` shows it, NULL if it has written nothing yet; and whether the server
 * looks up `= ANY` of a long array in a hash table, as it does from version 14 on.
 */
export const CURRENT_XMIN = `SELECT (txid_current_if_assigned() & 4294967295)::text,
  current_setting('server_version_num')::int >= 140000`;

/** The one row that `CURRENT_XMIN` gives. */
export type CurrentXminRow = [xmin: string | null, hashes: boolean];

/**
 * The same as `countRowsStatement`, and for each column the length in bytes of UTF-8 of the longest text to
 * convert. It fails if one of these is not valid, or has no equivalent in UTF-8.
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

/** How many blocks of the usual size a sample has, and the most of a table, in per cent. */
const SAMPLE_BLOCKS = 64;
const BLOCK_BYTES = 8192;
const MAX_SAMPLE_PERCENT = 1;

/** Gives whether a sample, a hundredth of the blocks or less, has a row that a run would change. */
export function anyInSampleStatement(table: TargetTable, selects: Selection): string {
  const percent = 100 * SAMPLE_BLOCKS * BLOCK_BYTES / table.sizeBytes;
  const sample = `TABLESAMPLE SYSTEM (${Math.min(MAX_SAMPLE_PERCENT, percent)})`;
  return `SELECT EXISTS (SELECT FROM ${tableName(table)} t ${sample} WHERE ${
    rowGuard(table, selects)
  })`;
}

/** Counts the foreign tokens. */
export function countForeignStatement(table: TargetTable, conversion: Conversion): string {
  return `SELECT ${foreignCount(table, conversion)} FROM ${tableName(table)} t`;
}

/**
 * Counts all rows, and those with a text that may be selected by how it begins. Undefined if that does not
 * tell.
 */
export function countBeginningsStatement(
  table: TargetTable,
  selects: Selection,
): string | undefined {
  const selected = beginningsGuard(table, selects);
  if (selected === undefined) return undefined;
  return `SELECT count(*), count(*) FILTER (WHERE ${selected}) FROM ${tableName(table)} t`;
}

function countsOfAll(table: TargetTable, conversion: Conversion): string {
  return `count(*), ${foreignCount(table, conversion)}`;
}

function foreignCount(table: TargetTable, { foreign }: Conversion): string {
  return table.columns.map(({ name }) => `count(*) FILTER (WHERE ${columnGuard(name, foreign)})`)
    .join(" + ");
}
