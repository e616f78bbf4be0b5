/** Rows whose texts are too long to travel with a batch, in groups that fit into memory. */
import type { Session } from "../connection/session.ts";
import { copyLongValuesStatement } from "../sql/read_long_values.ts";
import { BinaryRowReader } from "./binary_rows.ts";
import type { LongRow, PackedRows } from "./row_batch.ts";
import { actionOn, type Work } from "./work.ts";

/** What the texts of a group may take. A single row may take more. */
const GROUP_BYTES = 1_000_000;

/** A group of long rows. */
export interface LongGroup {
  /** How many rows were asked for. */
  readonly asked: number;
  /** Those that are still there, with their texts. */
  readonly rows: PackedRows;
}

/** Reads the texts of `rows`, which were left out, group by group. */
export async function* readLongRows(
  reader: Session,
  { table, conversion }: Work,
  rows: readonly LongRow[],
): AsyncGenerator<LongGroup, void> {
  for (const group of groupRows(rows)) {
    const decoder = new BinaryRowReader(table.columns.length, { fromCopy: true });
    const statement = copyLongValuesStatement(table, conversion.selects, group);
    for await (const piece of reader.copyOut(actionOn(table), statement)) decoder.readAll(piece);
    yield { asked: group.length, rows: decoder.end().rows };
  }
}

/** Cuts the rows into groups of at most `maxBytes`, or of one row. */
export function* groupRows<Row extends { readonly bytes: number }>(
  rows: readonly Row[],
  maxBytes = GROUP_BYTES,
): Generator<readonly Row[], void> {
  let start = 0;
  let bytes = 0;
  for (const [i, row] of rows.entries()) {
    if (i > start && bytes + row.bytes > maxBytes) {
      yield rows.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += row.bytes;
  }
  if (start < rows.length) yield rows.slice(start);
}
