/**
 * How long a run would take, and how much disk. Nothing is written to find out: what the server needs to
 * read a row and the token SDK for a value is measured; what writing takes beside reading is as in
 * docs/performance.md, which was measured with this program.
 */
import { counted, duration } from "../../../counted.ts";
import type { Method } from "../../methods.ts";
import type { Estimate } from "../../table_plan.ts";

/** What is known of the table and the work. */
export interface Measured {
  readonly method: Method;
  readonly rows: number;
  /** Rows that change, and values. */
  readonly toChange: number;
  readonly valuesToChange: number;
  /** How long one scan with the guard took. */
  readonly scanMs: number;
  /** How long the SDK needs for a value; 0 if the database makes the tokens. */
  readonly tokenMs: number;
  readonly heapBytes: number;
  readonly indexBytes: number;
  readonly indexCount: number;
  /** By how many bytes a changed row grows, at the mean. */
  readonly growthBytes: number;
}

/** Below so many rows a scan says more of the round trip than of the server. */
const MIN_MEASURED_ROWS = 20_000;
/** What a row takes on the machine of docs/performance.md, in microseconds. */
const USUAL_SCAN_US = 0.65;
const UPDATE_US = 2.8;
const INDEX_ENTRY_US = 1.3;
const REBUILD_US = 0.9;
const REBUILD_INDEX_US = 0.45;
/** A scan from a cold disk, or by several workers, says less of writing than it takes. */
const SLOWNESS = { min: 0.7, max: 5 };
/** Entries that come in no order split pages, and leave them half full. */
const INDEX_GROWTH = 2;
/** What a run takes at least: its look-up, and the search for old values. */
const FIXED_MS = 30;
const PAGE_BYTES = 8192;
/** The headers of a record in the log. */
const WAL_RECORD_BYTES = 60;

/** The estimate. */
export function estimateRun(measured: Measured): Estimate {
  const { rows, toChange, valuesToChange, scanMs, tokenMs, indexCount, method } = measured;
  const isMeasured = rows >= MIN_MEASURED_ROWS;
  const scanUs = isMeasured ? 1000 * scanMs / rows : USUAL_SCAN_US;
  const [rowUs, entryUs] = method === "rewrite"
    ? [REBUILD_US, REBUILD_INDEX_US]
    : [UPDATE_US, INDEX_ENTRY_US];
  const usualUs = rowUs + indexCount * entryUs;
  const slowness = Math.min(Math.max(scanUs / USUAL_SCAN_US, SLOWNESS.min), SLOWNESS.max);
  const written = method === "rewrite" ? rows : toChange;
  const writingMs = written * usualUs * slowness / 1000;
  // the client path makes tokens while the server writes
  const totalMs = FIXED_MS + rows * scanUs / 1000 +
    Math.max(writingMs, tokenMs * valuesToChange);
  const read = isMeasured
    ? `one scan of its ${counted(rows, "row")} took ${duration(scanMs)}`
    : "it is too small to be measured, and its server is taken for a usual one";
  const tokens = method === "client"
    ? [`the token SDK took ${(1000 * tokenMs).toFixed(1)} µs a value`]
    : [];
  return {
    seconds: totalMs / 1000,
    ...(method === "rewrite" ? rebuiltBytes(measured) : updatedBytes(measured)),
    basis: [
      read,
      ...tokens,
      `to write a row with ${counted(indexCount, "index", "indexes")} takes this program ${
        (usualUs / USUAL_SCAN_US).toFixed(1)
      } times as long as to read it (docs/performance.md)`,
      "sizes follow from those of the table and its indexes, with a row at the mean",
    ],
  };
}

/** New row versions and index entries beside the old ones, which VACUUM makes free. */
function updatedBytes(measured: Measured): Pick<Estimate, "diskBytes" | "walBytes"> {
  const { rows, toChange, heapBytes, indexBytes, indexCount, growthBytes } = measured;
  const share = rows === 0 ? 0 : toChange / rows;
  const newBytes = heapBytes * share + toChange * growthBytes + INDEX_GROWTH * indexBytes * share;
  // the first change of a page after a checkpoint writes it to the log as a whole
  const pagesBytes = Math.min(heapBytes + indexBytes, (1 + indexCount) * toChange * PAGE_BYTES);
  const recordsBytes = (1 + indexCount) * toChange * WAL_RECORD_BYTES;
  return { diskBytes: newBytes, walBytes: newBytes + recordsBytes + pagesBytes };
}

/** A whole copy, until COMMIT. */
function rebuiltBytes(
  { heapBytes, indexBytes, toChange, growthBytes }: Measured,
): Pick<Estimate, "diskBytes" | "walBytes"> {
  const bytes = heapBytes + indexBytes + toChange * growthBytes;
  return { diskBytes: bytes, walBytes: bytes };
}
