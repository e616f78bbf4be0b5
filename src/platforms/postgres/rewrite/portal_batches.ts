/**
 * Reads the rows to convert batch by batch, through a portal of the protocol: a cursor of SQL would copy
 * each batch once more on the server. The next batch is asked for before one is handed out, so that the
 * server reads while the caller works. The size of a batch follows from
 * the size of the rows in the batch before.
 */
import { inFlight } from "../../../async.ts";
import type { Session } from "../connection/session.ts";
import { type ReadOptions, readValuesStatement } from "../sql/read_values.ts";
import { BinaryRowReader } from "./binary_rows.ts";
import { countOf, type RowBatch } from "./row_batch.ts";
import { BatchBuffers } from "./row_batch_builder.ts";
import { actionOn, type Work } from "./work.ts";

const FIRST_BATCH_ROWS = 500;
/**
 * The most rows of a batch: a multiple of what Vault takes in one request, 240. What a batch costs beside its
 * rows is a third of all with half as many, and hardly less with more.
 */
export const MAX_BATCH_ROWS = 1920;
/** What the texts of a batch should take. */
export const BATCH_BYTES = 1_000_000;

/** The batches, until nothing is left. When it ends, nothing that it sent is under way any more. */
export async function* portalBatches(
  reader: Session,
  { table, conversion }: Work,
  options: ReadOptions,
): AsyncGenerator<RowBatch, void> {
  const action = actionOn(table);
  const buffers = new BatchBuffers(table.columns.length);
  const send = (rows: number, text?: string) =>
    readBatch(reader.fetch(action, rows, text), table.columns.length, buffers);
  let asked = FIRST_BATCH_ROWS;
  let isFirst = true;
  let fetching = send(asked, readValuesStatement(table, conversion.selects, options));
  try {
    while (true) {
      const batch = await fetching;
      const found = countOf(batch.rows) + batch.longRows.length;
      if (found === 0) return;
      const isLast = found < asked;
      asked = nextBatchRows({ rows: found, bytes: batch.bytes });
      if (!isLast) fetching = inFlight(send(asked));
      yield isFirst ? { ...batch, isOnly: isLast } : batch;
      if (isLast) return;
      isFirst = false;
    }
  } finally {
    await Promise.allSettled([fetching]);
  }
}

async function readBatch(
  pieces: AsyncGenerator<Uint8Array, void>,
  columns: number,
  buffers: BatchBuffers,
): Promise<RowBatch> {
  const decoder = new BinaryRowReader(columns, { fromCopy: false, buffers });
  for await (const piece of pieces) decoder.readAll(piece);
  return decoder.end();
}

/** How many rows to read after a batch, so that their texts take about `BATCH_BYTES`. */
export function nextBatchRows({ rows, bytes }: { rows: number; bytes: number }): number {
  const fitting = Math.floor(BATCH_BYTES * rows / (bytes + 1));
  return Math.max(1, Math.min(MAX_BATCH_ROWS, fitting));
}
