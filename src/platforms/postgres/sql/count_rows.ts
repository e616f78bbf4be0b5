/** Counts all rows of the table, those that a run would change, and foreign tokens, in one scan. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { quoteLiteral } from "../identifiers.ts";
import { columnGuard, columnText, rowGuard, tableName } from "./table_expressions.ts";

/** The one row that `countRowsStatement` gives: each an `int8`, as text. */
export type CountRow = [total: string, foreign: string, selected: string];

/** The one row that `countAllStatement` gives, likewise. */
export type CountAllRow = [total: string, foreign: string];

/** Counts all rows, the foreign tokens in them, and the rows with something to convert. */
export function countRowsStatement(table: TargetTable, conversion: Conversion): string {
  return `SELECT ${countsOfSelected(table, conversion)} FROM ${tableName(table)} t`;
}

/** The same, but it fails if a text to convert is not valid, or has no equivalent in UTF-8. */
export function countValidRowsStatement(table: TargetTable, conversion: Conversion): string {
  const converted = table.columns.map(({ name }) =>
    `count(convert_to(CASE WHEN ${columnGuard(name, conversion.selects)} THEN ${
      columnText(name)
    } END, 'UTF8'))`
  );
  return `SELECT ${countsOfSelected(table, conversion)}, ${converted.join(", ")} FROM ${
    tableName(table)
  } t`;
}

function countsOfSelected(table: TargetTable, conversion: Conversion): string {
  const selected = `count(*) FILTER (WHERE ${rowGuard(table, conversion.selects)})`;
  return `${countsOfAll(table, conversion)}, ${selected}`;
}

/**
 * The same, but rows written by `transactions`, which are known to hold nothing to convert, are not
 * compared with the patterns: `xmin` tells them. A frozen row may be so old that its `xmin` has wrapped
 * around to one of theirs; but then it was there before them, and they saw it.
 */
export function countRowsOfOthersStatement(
  table: TargetTable,
  conversion: Conversion,
  transactions: readonly string[],
): string {
  const own = `t.xmin = ANY (${quoteLiteral(`{${transactions.join(",")}}`)}::xid[])`;
  const selected = `count(*) FILTER (WHERE NOT ${own} AND (${
    rowGuard(table, conversion.selects)
  }))`;
  return `SELECT ${countsOfAll(table, conversion)}, ${selected} FROM ${tableName(table)} t`;
}

/** Gives the session's transaction as `xmin` shows it; NULL if it has written nothing yet. */
export const CURRENT_XMIN = "SELECT (txid_current_if_assigned() & 4294967295)::text";

/** Gives whether a sample, a hundredth of the blocks, has a row that a run would change. */
export function anyInSampleStatement(table: TargetTable, selects: Selection): string {
  return `SELECT EXISTS (SELECT FROM ${tableName(table)} t TABLESAMPLE SYSTEM (1) WHERE ${
    rowGuard(table, selects)
  })`;
}

/** Counts all rows, and the foreign tokens in them. */
export function countAllStatement(table: TargetTable, conversion: Conversion): string {
  return `SELECT ${countsOfAll(table, conversion)} FROM ${tableName(table)} t`;
}

function countsOfAll(table: TargetTable, { foreign }: Conversion): string {
  const counts = table.columns.map(({ name }) =>
    `count(*) FILTER (WHERE ${columnGuard(name, foreign)})`
  );
  return `count(*), ${counts.join(" + ")}`;
}
