/**
 * The cursor over the rows that hold a value to tokenize. With `lock` each row is locked as it is
 * read, in its newest version, so its address stays good until the transaction ends.
 *
 * Gives the row's address; each column's text where it is to be tokenized, else NULL; how many bytes
 * those are; and all rows of the table as this statement's snapshot has them (NULL for a range). The texts of a row with
 * more than `LONG_ROW_BYTES` stay behind, as NULL, so that a batch has a known limit whatever the
 * table holds: read_long_values.ts reads them.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { type BlockRange, inRange } from "./block_ranges.ts";
import { columnGuard, columnText, rowGuard, tableName } from "./table_expressions.ts";

const CURSOR = "tokenize_rows";

/** A row whose values take more than this is read by itself. */
export const LONG_ROW_BYTES = 4096;

/** A row's address and its values: what a batch is made of. */
export type AddressedRow = readonly [
  tableOid: number,
  rowAddress: string,
  ...values: (string | null)[],
];

/** One row of the cursor. */
export type ValueRow = [...row: AddressedRow, bytes: string, total: string | null];

/** Opens the cursor. */
export function openCursorStatement(
  table: TargetTable,
  selects: Selection,
  { lock, range }: { readonly lock: boolean; readonly range?: BlockRange | undefined },
): string {
  const names = table.columns.map((_, i) => `value_${i}`);
  const values = table.columns.map(({ name }, i) =>
    `CASE WHEN ${columnGuard(name, selects)} THEN ${columnText(name)} END AS ${names[i]}`
  );
  const bytes = names.map((name) => `coalesce(octet_length(${name}), 0)::int8`).join(" + ");
  const short = names.map((name) => `CASE WHEN bytes <= ${LONG_ROW_BYTES} THEN ${name} END`);
  // OFFSET 0 keeps the planner from writing each guard out once for every use of its value
  const total = range === undefined ? `(SELECT count(*) FROM ${tableName(table)})` : "NULL";
  return `DECLARE ${CURSOR} NO SCROLL CURSOR FOR
SELECT table_oid, row_address, ${short.join(", ")}, bytes, ${total}
FROM (
  SELECT found.*, ${bytes} AS bytes FROM (
    SELECT t.tableoid AS table_oid, t.ctid AS row_address, ${values.join(", ")}
    FROM ${tableName(table)} t
    WHERE (${rowGuard(table, selects)})${inRange(range)}${lock ? " FOR UPDATE OF t" : ""}
  ) found OFFSET 0
) measured`;
}

/** Reads the next `rows` rows. */
export function fetchStatement(rows: number): string {
  return `FETCH FORWARD ${rows} FROM ${CURSOR}`;
}
