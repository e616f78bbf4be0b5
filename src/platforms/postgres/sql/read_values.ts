/**
 * Reads the rows that hold a value to tokenize: batch by batch, or all in one go. With `lock` each row
 * is locked as it is read, in its newest version, so that its `ctid` stays valid until the transaction
 * ends.
 *
 * The texts of a row with more than `LONG_ROW_BYTES` are left out, as NULL, so that a batch has a known
 * limit whatever the table holds: read_long_values.ts reads them.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { type BlockRange, inRange } from "./block_ranges.ts";
import { readGuard } from "./guards.ts";
import { columnText, selectedRows, tableName } from "./table_expressions.ts";

/** A row whose texts take more than this is read separately. */
const LONG_ROW_BYTES = 4096;

/** The most arguments of a function (`FUNC_MAX_ARGS`), also of a variadic one. */
const MAX_ARGUMENTS = 100;

/** What to read. */
export interface ReadOptions {
  /** The whole table, if undefined. */
  readonly range: BlockRange | undefined;
  /** Whether each row is locked as it is read. */
  readonly lock: boolean;
}

/** Copies all rows to the client, in binary format and without a lock: see `readValuesStatement`. */
export function copyValuesStatement(table: TargetTable, selects: Selection): string {
  const select = readValuesStatement(table, selects, { range: undefined, lock: false });
  return `COPY (\n${select}\n) TO STDOUT (FORMAT binary)`;
}

/**
 * The rows: `tableoid` and `ctid`; the bytes of the texts, an `int8`, if they are left out for being too
 * long, else NULL; the rows of the whole table in the statement's snapshot, an `int8`, NULL for a range;
 * the text of each column, NULL if it is not to be converted.
 */
export function readValuesStatement(
  table: TargetTable,
  selects: Selection,
  { lock, range }: ReadOptions,
): string {
  const names = table.columns.map((_, i) => `value_${i}`);
  const values = table.columns.map(({ name }, i) =>
    `CASE WHEN ${readGuard(columnText(name), selects)} THEN ${columnText(name)} END AS ${names[i]}`
  );
  const bytes = names.map((name) => `coalesce(octet_length(${name}), 0)::int8`).join(" + ");
  const short = names.map((name) => `CASE WHEN bytes <= ${LONG_ROW_BYTES} THEN ${name} END`);
  const total = range === undefined ? `(SELECT count(*) FROM ${tableName(table)})` : "NULL::int8";
  const long = `CASE WHEN bytes > ${LONG_ROW_BYTES} THEN bytes END`;
  const from = `SELECT t.tableoid AS table_oid, t.ctid AS row_ctid, ${values.join(", ")}
    FROM ${tableName(table)} t`;
  // OFFSET 0 keeps the planner from repeating each guard for every use of its value; rows that are to be
  // locked must be selected before
  const found = lock
    ? `${from} WHERE ${selectedRows(anyRead(table, selects), selects)}${
      inRange(range)
    } FOR UPDATE OF t`
    : `${from} WHERE true${inRange(range)} OFFSET 0`;
  return `SELECT table_oid, row_ctid, ${long}, ${total}, ${short.join(", ")}
FROM (
  SELECT found.*, ${bytes} AS bytes FROM (
    ${found}
  ) found WHERE ${anyNotNull(names)} OFFSET 0
) measured`;
}

function anyRead(table: TargetTable, selects: Selection): string {
  return table.columns.map(({ name }) => `(${readGuard(columnText(name), selects)})`).join(" OR ");
}

function anyNotNull(names: readonly string[]): string {
  const calls = Array.from({ length: Math.ceil(names.length / MAX_ARGUMENTS) }, (_, i) => {
    const some = names.slice(i * MAX_ARGUMENTS, (i + 1) * MAX_ARGUMENTS);
    return `num_nonnulls(${some.join(", ")}) > 0`;
  });
  return `(${calls.join(" OR ")})`;
}
