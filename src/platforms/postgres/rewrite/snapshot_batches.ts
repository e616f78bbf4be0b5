/**
 * Reads all rows to convert in one COPY, from the snapshot of a session that does nothing else. It reads
 * ahead as far as the network's buffers reach.
 */
import type { Session } from "../connection/session.ts";
import { copyValuesStatement } from "../sql/read_values.ts";
import { BinaryRowReader } from "./binary_rows.ts";
import { BATCH_BYTES, MAX_BATCH_ROWS } from "./portal_batches.ts";
import type { RowBatch } from "./row_batch.ts";
import { actionOn, type Work } from "./work.ts";

/** The batches, until nothing is left. */
export async function* snapshotBatches(
  reader: Session,
  { table, conversion }: Work,
): AsyncGenerator<RowBatch, void> {
  const limits = { rows: MAX_BATCH_ROWS, bytes: BATCH_BYTES };
  const decoder = new BinaryRowReader(table.columns.length, { fromCopy: true, limits });
  const statement = copyValuesStatement(table, conversion.selects);
  for await (const piece of reader.copyOut(actionOn(table), statement)) yield* decoder.read(piece);
  yield decoder.end();
}
