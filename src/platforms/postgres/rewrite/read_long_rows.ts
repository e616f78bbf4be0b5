/** Rows whose texts are too long to travel with a batch of the cursor, in groups that fit into memory. */
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import { type LongValuesRow, readLongValuesStatement } from "../sql/read_long_values.ts";
import type { MeasuredRow, TextRow } from "./cursor_batches.ts";
import { actionOn, type Work } from "./work.ts";

/** What the texts of a group may take. A single row may take more. */
const GROUP_BYTES = 1_000_000;

/** Reads the texts of `rows`, of which the cursor gave none, group by group. */
export async function* readLongRows(
  reader: Session,
  { table, conversion }: Work,
  rows: readonly MeasuredRow[],
): AsyncGenerator<TextRow[], void> {
  for (const group of groupRows(rows)) {
    const { rows: found } = await reader.query<LongValuesRow>(
      actionOn(table),
      readLongValuesStatement(table, conversion.selects),
      [
        `{${group.map(({ tableOid }) => tableOid).join(",")}}`,
        arrayLiteral(group.map(({ ctid }) => ctid)),
      ],
    );
    yield found.map(([tableOid, ctid, ...texts]) => ({ tableOid, ctid, texts }));
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
