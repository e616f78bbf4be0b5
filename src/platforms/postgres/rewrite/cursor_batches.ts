/**
 * Reads the rows to convert through a cursor, batch by batch. The FETCH of the next batch is sent before
 * one is handed out, so that the server reads while the caller works. The size of a batch follows from
 * the size of the rows in the batch before.
 */
import type { Session } from "../connection/session.ts";
import type { BlockRange } from "../sql/block_ranges.ts";
import {
  type CursorRow,
  fetchStatement,
  LONG_ROW_BYTES,
  openCursorStatement,
} from "../sql/read_values.ts";
import { actionOn, type Work } from "./work.ts";

const FIRST_BATCH_ROWS = 500;
/** The most rows of a batch: a multiple of what Vault takes in one request, 240. */
export const MAX_BATCH_ROWS = 960;
/** What the texts of a batch should take. */
const BATCH_BYTES = 1_000_000;

/** A row with texts to convert. */
export interface TextRow {
  readonly tableOid: number;
  readonly ctid: string;
  /** The text of each column; null if it is not to be converted. */
  readonly texts: readonly (string | null)[];
}

/** A row of the cursor. */
export interface MeasuredRow extends TextRow {
  /** What its texts take, even if they are left out. */
  readonly bytes: number;
}

/** A batch of rows. */
export interface RowBatch {
  readonly rows: readonly MeasuredRow[];
  /** Rows too long for a batch: their texts are left out. */
  readonly longRows: readonly MeasuredRow[];
  /** Rows of the table when the cursor was opened; undefined for a range. */
  readonly total: number | undefined;
}

/** What to read. */
export interface CursorOptions {
  /** Whether each row is locked as it is read. */
  readonly lock: boolean;
  /** The whole table, if undefined. */
  readonly range: BlockRange | undefined;
}

/** The batches, until nothing is left. When it ends, nothing that it sent is under way any more. */
export async function* cursorBatches(
  reader: Session,
  { table, conversion }: Work,
  options: CursorOptions,
): AsyncGenerator<RowBatch, void> {
  const action = actionOn(table);
  const send = async (rows: number) =>
    (await reader.query<CursorRow>(action, fetchStatement(rows))).rows;
  let asked = FIRST_BATCH_ROWS;
  const opening = reader.query(action, openCursorStatement(table, conversion.selects, options));
  let fetching = send(asked);
  try {
    await Promise.all([opening, fetching]);
    while (true) {
      const found = await fetching;
      if (found.length === 0) return;
      const batch = readBatch(found);
      const isLast = found.length < asked;
      asked = nextBatchRows(batch);
      if (!isLast) fetching = inFlight(send(asked));
      yield batch;
      if (isLast) return;
    }
  } finally {
    await Promise.allSettled([opening, fetching]);
  }
}

function readBatch(found: readonly CursorRow[]): RowBatch {
  const rows: MeasuredRow[] = [];
  const longRows: MeasuredRow[] = [];
  for (const [tableOid, ctid, byteCount, , ...texts] of found) {
    const bytes = Number(byteCount);
    (bytes > LONG_ROW_BYTES ? longRows : rows).push({ tableOid, ctid, texts, bytes });
  }
  const [, , , total] = found[0]!;
  return { rows, longRows, total: total === null ? undefined : Number(total) };
}

/** How many rows to read after a batch, so that their texts take about `BATCH_BYTES`. */
export function nextBatchRows({ rows, longRows }: Pick<RowBatch, "rows" | "longRows">): number {
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0); // long rows' texts do not travel with it
  const fitting = Math.floor(BATCH_BYTES * (rows.length + longRows.length) / (bytes + 1));
  return Math.max(1, Math.min(MAX_BATCH_ROWS, fitting));
}

/** A promise that may fail before anybody waits for it; waiting for it then still throws. */
function inFlight<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
