/** Rows whose values are too long to travel with a batch: read, tokenized and written by themselves. */
import type { Selection } from "../../../tokens/selection.ts";
import type { BatchWriter, TokenBatch } from "./batch_writer.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import type { Session } from "../connection/session.ts";
import { readLongValuesStatement } from "../sql/read_long_values.ts";
import type { AddressedRow, ValueRow } from "../sql/read_values.ts";

/** What the values read at once may take; a single row may take more. */
const GROUP_BYTES = 1_000_000;

/** Rewrites `rows`, of which the cursor gave the addresses only. */
export async function rewriteLongRows(
  reader: Session,
  table: TargetTable,
  selects: Selection,
  writer: BatchWriter,
  rows: readonly ValueRow[],
  written: (batch: TokenBatch, count: number) => void,
): Promise<void> {
  for (const group of groups(rows)) {
    const { rows: values } = await reader.query<AddressedRow & unknown[]>(
      `tokenize ${table.displayName}`,
      readLongValuesStatement(table, selects),
      [
        `{${group.map(([tableOid]) => tableOid).join(",")}}`,
        arrayLiteral(group.map(([, rowAddress]) => rowAddress)),
      ],
    );
    const batch = await writer.convert(values);
    written(batch, await writer.write(batch));
  }
}

/** Cuts the rows into groups that fit into memory. */
function* groups(rows: readonly ValueRow[]): Generator<readonly ValueRow[]> {
  let start = 0;
  let bytes = 0;
  for (const [i, row] of rows.entries()) {
    const own = Number(row.at(-2));
    if (i > start && bytes + own > GROUP_BYTES) {
      yield rows.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += own;
  }
  if (start < rows.length) yield rows.slice(start);
}
