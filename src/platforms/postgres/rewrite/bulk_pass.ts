/**
 * One pass of the client path over a table, or a range of its blocks: read rows through a cursor,
 * tokenize them here, write them back by row address.
 *
 * While a batch is tokenized, the server already reads the next one, whose FETCH was sent before,
 * and writes the ones before it; an SDK that has to wait for its own server gets the next one too.
 * Memory holds a few batches, however large the table and however long its values.
 */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { RunContext } from "../../platform.ts";
import { batchWriter, type TokenBatch } from "./batch_writer.ts";
import type { TargetTable } from "../table.ts";
import { rewriteLongRows } from "./rewrite_long_rows.ts";
import type { Session } from "../connection/session.ts";
import type { BlockRange } from "../sql/block_ranges.ts";
import {
  fetchStatement,
  LONG_ROW_BYTES,
  openCursorStatement,
  type ValueRow,
} from "../sql/read_values.ts";

const FIRST_BATCH_ROWS = 500;
/** The most rows of a batch: a multiple of what a server of tokens takes in one request: Vault, 240. */
export const MAX_BATCH_ROWS = 960;
/** What the values of a batch should take, as far as the batch before it foretells. */
const BATCH_BYTES = 1_000_000;
/** Batches that may be with the SDK, or on their way to the server, at once. */
export const MAX_BATCHES = 3;

/** Where a pass reads and writes: the same session locks rows as it reads them. */
export interface PassSessions {
  readonly reader: Session;
  /** Undefined for a pass that only tells what it would do. */
  readonly writer: Session | undefined;
}

/** What a pass goes over, and how. */
export interface PassOptions {
  /** The whole table, if left out. */
  readonly range?: BlockRange;
  /**
   * Whether each row is locked as it is read. By default it is where one session reads and writes; the
   * cursor's snapshot keeps addresses good without, but rows that others change meanwhile slip away.
   */
  readonly lock?: boolean;
}

/** What a pass did. */
export interface PassResult {
  /** Rows written. */
  readonly updated: number;
  /** Rows read that were no longer there, or no longer the same, when they were to be written. */
  readonly slipped: number;
  /** Texts that were lookalikes, and the rows they are in. */
  readonly lookalikes: number;
  readonly heldRows: number;
  /** Rows of the table when the pass began; undefined where it read none, or only a range. */
  readonly total: number | undefined;
}

/** Makes a pass. Throws a `ServiceError`; nothing it sent is under way any more then. */
export async function bulkPass(
  { reader, writer: writing }: PassSessions,
  table: TargetTable,
  conversion: Conversion,
  run: RunContext,
  { range, lock = reader === writing }: PassOptions = {},
): Promise<PassResult> {
  const action = `tokenize ${table.displayName}`;
  const writer = await batchWriter(writing, table, conversion, run.signal);
  const fetchRows = (rows: number) =>
    inFlight(reader.query<ValueRow>(action, fetchStatement(rows)));
  const cursor = openCursorStatement(table, conversion.selects, { lock, range });
  const opening = inFlight(reader.query(action, cursor));
  const batches: Promise<void>[] = [];
  let asked = FIRST_BATCH_ROWS;
  let fetching = fetchRows(asked);
  const done = { updated: 0, slipped: 0, lookalikes: 0, heldRows: 0 };
  let total: number | undefined;
  const written = ({ rows, lookalikes, heldRows }: TokenBatch, count: number) => {
    done.updated += count;
    done.slipped += rows - count;
    done.lookalikes += lookalikes;
    done.heldRows += heldRows;
    if (total !== undefined) run.progress({ updated: done.updated, total });
  };
  const rewrite = async (rows: readonly ValueRow[]) => {
    const batch = await writer.convert(rows);
    written(batch, await writer.write(batch));
  };

  try {
    await opening;
    while (true) {
      const { rows } = await fetching;
      if (rows.length === 0) break;
      if (range === undefined) total ??= Number(rows[0]!.at(-1));
      const isLast = rows.length < asked;
      asked = nextBatchRows(rows);
      if (!isLast) fetching = fetchRows(asked);
      const long = rows.filter((row) => bytesOf(row) > LONG_ROW_BYTES);
      const short = long.length === 0 ? rows : rows.filter((row) => bytesOf(row) <= LONG_ROW_BYTES);
      if (batches.length === MAX_BATCHES) await batches.shift();
      batches.push(inFlight(rewrite(short)));
      await rewriteLongRows(reader, table, conversion.selects, writer, long, written);
      if (isLast) break;
    }
    await Promise.all(batches);
  } catch (error) {
    await Promise.allSettled([fetching, ...batches]);
    throw error;
  }
  return { ...done, total };
}

function nextBatchRows(rows: readonly ValueRow[]): number {
  // a long row brings no values along
  const bytes = rows.reduce((sum, row) => {
    const own = bytesOf(row);
    return own > LONG_ROW_BYTES ? sum : sum + own;
  }, 0);
  const fitting = Math.floor(BATCH_BYTES * rows.length / (bytes + 1));
  return Math.max(1, Math.min(MAX_BATCH_ROWS, fitting));
}

function bytesOf(row: ValueRow): number {
  return Number(row.at(-2));
}

/** A promise that may fail before anybody waits for it. Whoever does still meets the failure. */
function inFlight<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
