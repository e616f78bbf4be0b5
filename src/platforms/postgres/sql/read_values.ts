/**
 * The cursor over the rows that hold a value to tokenize. With `lock` each row is locked as it is read,
 * in its newest version, so that its `ctid` stays valid until the transaction ends.
 *
 * The texts of a row with more than `LONG_ROW_BYTES` are left out, as NULL, so that a batch has a known
 * limit whatever the table holds: read_long_values.ts reads them.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { type BlockRange, inRange } from "./block_ranges.ts";
import { columnGuard, columnText, rowGuard, tableName } from "./table_expressions.ts";

const CURSOR = "tokenize_rows";

/** A row whose texts take more than this is read separately. */
export const LONG_ROW_BYTES = 4096;

/**
 * One row of the cursor: where it is; the bytes of its texts; the rows of the whole table in the
 * statement's snapshot, NULL for a range (both `int8`, as text); the text of each column, NULL if it is
 * not to be tokenized.
 */
export type CursorRow = readonly [
  tableOid: number,
  ctid: string,
  bytes: string,
  total: string | null,
  ...texts: (string | null)[],
];

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
  // which also fails for what is not valid text, before it could be read as something else
  const bytes = names.map((name) => `coalesce(octet_length(convert_to(${name}, 'UTF8')), 0)::int8`)
    .join(" + ");
  const short = names.map((name) => `CASE WHEN bytes <= ${LONG_ROW_BYTES} THEN ${name} END`);
  // OFFSET 0 keeps the planner from repeating each guard for every use of its value
  const total = range === undefined ? `(SELECT count(*) FROM ${tableName(table)})` : "NULL";
  return `DECLARE ${CURSOR} NO SCROLL CURSOR FOR
SELECT table_oid, row_ctid, bytes, ${total}, ${short.join(", ")}
FROM (
  SELECT found.*, ${bytes} AS bytes FROM (
    SELECT t.tableoid AS table_oid, t.ctid AS row_ctid, ${values.join(", ")}
    FROM ${tableName(table)} t
    WHERE (${rowGuard(table, selects)})${inRange(range)}${lock ? " FOR UPDATE OF t" : ""}
  ) found OFFSET 0
) measured`;
}

/** Reads the next `rows` rows. */
export function fetchStatement(rows: number): string {
  return `FETCH FORWARD ${rows} FROM ${CURSOR}`;
}
