/**
 * One pass of the client path over a table, or a range of its blocks: read rows, tokenize them here,
 * write them back by `ctid`.
 *
 * While some batches are tokenized and written, the server already reads the next ones. Memory holds a
 * few batches, however large the table and however long its values.
 */
import { pool, Semaphore } from "../../../async.ts";
import type { Session } from "../connection/session.ts";
import { mayIdle } from "../connection/transaction.ts";
import type { BlockRange } from "../sql/block_ranges.ts";
import type { BatchStatement } from "../sql/write_tokens.ts";
import { openBatchWriter, type TokenBatch } from "./batch_writer.ts";
import { portalBatches } from "./portal_batches.ts";
import { readLongRows } from "./read_long_rows.ts";
import { countOf, type PackedRows } from "./row_batch.ts";
import { snapshotBatches } from "./snapshot_batches.ts";
import { watchStrain } from "./watch_strain.ts";
import type { Work } from "./work.ts";

/** Batches that may be with the SDK, or on their way to the server, at once. */
export const MAX_BATCHES = 3;

/** Where a pass reads and writes. */
export interface PassSessions {
  /** If it is another than the writer, it is in a transaction that reads from one snapshot. */
  readonly reader: Session;
  /** Undefined for a pass that only tells what it would do. */
  readonly writer: Session | undefined;
}

/** What a pass goes over, and how. */
export interface PassOptions {
  /** By default the whole table. */
  readonly range?: BlockRange;
  /**
   * Whether each row is locked as it is read: by default if one session reads and writes. Without, the
   * reader's snapshot keeps each `ctid` valid, but a row that others change meanwhile is missed.
   */
  readonly lock?: boolean;
  /** The statement that takes a batch instead of the table, with the same parameters. */
  readonly collectBy?: BatchStatement;
  /** Rows that the run has written before, for its progress. */
  readonly updatedBefore?: number;
  /** Called when the only batch was sent to be written, with the number of its rows, if there is but one. */
  readonly onOnlyWrite?: (rows: number) => void;
}

/** What a pass did. */
export interface PassResult {
  /** Rows written. */
  readonly updated: number;
  /** Rows read that were gone, or had changed, when they were to be written. */
  readonly missed: number;
  /** Texts that were lookalikes. */
  readonly lookalikes: number;
  /** Rows with lookalikes. */
  readonly rejectedRows: number;
  /** Rows of the table when the pass began; undefined if it read none, or only a range. */
  readonly total: number | undefined;
}

/** Makes a pass. Throws a `ServiceError`, when nothing that it sent is under way any more. */
export async function bulkPass(
  { reader, writer: session }: PassSessions,
  work: Work,
  { range, lock = reader === session, collectBy, updatedBefore = 0, onOnlyWrite }: PassOptions = {},
): Promise<PassResult> {
  const { clock, throttle } = work.run.context;
  const writer = await openBatchWriter(session, work, collectBy);
  let [updated, missed, lookalikes, rejectedRows] = [0, 0, 0, 0];
  let total: number | undefined;

  const pass = range === undefined && session !== undefined ? passageOf(session, work) : undefined;

  const write = (batch: TokenBatch, isOnly: boolean) => {
    const writing = writer.write(batch);
    if (isOnly && batch.rows > 0) onOnlyWrite?.(batch.rows);
    return writing;
  };
  const rewrite = async (rows: PackedRows, isOnly = false) => {
    await pass?.();
    const batch = await writer.convert(rows);
    const count = await clock.time("write", () => write(batch, isOnly));
    if (pass !== undefined) throttle.wrote(count);
    updated += count;
    missed += batch.rows - count;
    lookalikes += batch.lookalikes;
    rejectedRows += batch.rejectedRows;
    // what is only collected is not written
    if (total === undefined || collectBy !== undefined) return;
    work.run.context.progress({ updated: updatedBefore + updated, total });
  };

  const batches = session === undefined || session === reader
    ? portalBatches(reader, work, { lock, range })
    : snapshotBatches(reader, work);
  const inTurn = new Semaphore(1); // for memory's sake one group of long rows at a time
  await pool(MAX_BATCHES, clock.each("read", batches), async (batch) => {
    total ??= batch.total;
    const isOnly = batch.isOnly === true && batch.longRows.length === 0;
    if (countOf(batch.rows) > 0) await rewrite(batch.rows, isOnly);
    batch.release();
    if (batch.longRows.length === 0) return;
    await inTurn.run(async () => {
      // the reader is busy, if it is another session
      for await (const { asked, rows } of readLongRows(session ?? reader, work, batch.longRows)) {
        missed += asked - countOf(rows);
        await rewrite(rows);
      }
    });
  });
  return { updated, missed, lookalikes, rejectedRows, total };
}

/** What a pass over a whole table waits for before each batch; a range of one was waited for before it began. */
function passageOf(session: Session, { run }: Work): () => Promise<void> {
  const { throttle, signal } = run.context;
  const options = { signal, strain: watchStrain(run), onWait: () => mayIdle(session) };
  return () => throttle.pass(options);
}
