/** Counts all rows of the table, those that a run would change, and foreign tokens, in one look. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../lookup/check_table.ts";
import { quoteLiteral } from "../identifiers.ts";
import { columnGuard, rowGuard, tableName } from "./table_expressions.ts";

/** What `countRowsStatement` gives, as `int8` in text. */
export type CountRow = [total: string, foreign: string, selected: string];

/** What `countAllStatement` gives, likewise. */
export type CountAllRow = [total: string, foreign: string];

/** All rows, the foreign tokens in them, and the rows with something to convert. */
export function countRowsStatement(table: CheckedTable, conversion: Conversion): string {
  const selected = `count(*) FILTER (WHERE ${rowGuard(table, conversion.selects)})`;
  return `SELECT ${countsOfAll(table, conversion)}, ${selected} FROM ${tableName(table)} t`;
}

/**
 * The same, where nothing that these transactions wrote is selected: only rows of others are compared
 * with the patterns, as a row's `xmin` tells. A frozen row's may be so old that it has come round to one
 * of them; but then it stood there before them, and they saw it.
 */
export function countRowsOfOthersStatement(
  table: CheckedTable,
  conversion: Conversion,
  transactions: readonly string[],
): string {
  const own = `t.xmin = ANY (${quoteLiteral(`{${transactions.join(",")}}`)}::xid[])`;
  const selected = `count(*) FILTER (WHERE NOT ${own} AND (${
    rowGuard(table, conversion.selects)
  }))`;
  return `SELECT ${countsOfAll(table, conversion)}, ${selected} FROM ${tableName(table)} t`;
}

/** The transaction that the session is in, as rows show it; it must have written something. */
export const OWN_TRANSACTION = "SELECT (txid_current_if_assigned() & 4294967295)::text";

/** Whether a hundredth of the table, taken block by block, has a row that a run would change. */
export function anyInSampleStatement(table: CheckedTable, selects: Selection): string {
  return `SELECT EXISTS (SELECT FROM ${tableName(table)} t TABLESAMPLE SYSTEM (1) WHERE ${
    rowGuard(table, selects)
  })`;
}

/** All rows, and the foreign tokens in them. */
export function countAllStatement(table: CheckedTable, conversion: Conversion): string {
  return `SELECT ${countsOfAll(table, conversion)} FROM ${tableName(table)} t`;
}

function countsOfAll(table: CheckedTable, { foreign }: Conversion): string {
  const counts = table.columns.map(({ name }) =>
    `count(*) FILTER (WHERE ${columnGuard(name, foreign)})`
  );
  return `count(*), ${counts.join(" + ")}`;
}
