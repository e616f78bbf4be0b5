/**
 * How long a run would take, and how much storage. Each statement that writes rewrites the files of the rows
 * that it changes, so the time follows from the number of statements and that of a scan, which is measured.
 */
import { counted, duration } from "../../../counted.ts";
import type { Estimate } from "../../table_plan.ts";

/** What is known of the table and the work. */
export interface Measured {
  readonly isPushedDown: boolean;
  readonly rows: number;
  readonly toChange: number;
  readonly valuesToChange: number;
  /** How many of them are different, roughly. */
  readonly differentValues: number;
  /** How long one scan with the guard took. */
  readonly scanMs: number;
  /** How long the SDK needs for a value; 0 if the warehouse makes the tokens. */
  readonly tokenMs: number;
  /** Of the newest version; undefined if the table does not tell. */
  readonly sizeBytes: number | undefined;
  readonly meanValueBytes: number;
  readonly meanTokenBytes: number;
}

/** How many scans a statement that writes takes, as on the warehouse of docs/performance.md. */
const SCANS_A_WRITE = 3;
/** What a session and the look-up take. */
const FIXED_MS = 1500;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Of an entry beside its ciphertext and token. */
const ENTRY_BYTES = 24;

/** The estimate. */
export function estimateRun(measured: Measured): Estimate {
  const { isPushedDown, rows, toChange, scanMs, tokenMs, sizeBytes } = measured;
  const { valuesToChange, differentValues, meanValueBytes, meanTokenBytes } = measured;
  // a value is read beside its ciphertext, in Base64
  const entryBytes = ENTRY_BYTES + (meanValueBytes + 28) * 4 / 3 + meanTokenBytes;
  const writes = isPushedDown
    ? 1
    : Math.max(1, Math.ceil(differentValues * entryBytes / BATCH_BYTES));
  const readingMs = isPushedDown ? 0 : scanMs;
  const writingMs = writes * SCANS_A_WRITE * scanMs;
  const totalMs = FIXED_MS + scanMs + readingMs + Math.max(writingMs, tokenMs * differentValues);
  const grownBytes = valuesToChange * Math.max(0, meanTokenBytes - meanValueBytes);
  const shareOfRows = rows === 0 ? 0 : toChange / rows;
  return {
    seconds: totalMs / 1000,
    // each write leaves the files that it replaced until VACUUM
    diskBytes: writes * (sizeBytes ?? 0) * (isPushedDown ? shareOfRows : 1) + grownBytes,
    walBytes: undefined,
    basis: [
      `one scan of its ${counted(rows, "row")} took ${duration(scanMs)}`,
      `${counted(writes, "statement")} will write, each taken for ${SCANS_A_WRITE} scans`,
      sizeBytes === undefined
        ? "the table does not tell its size, so only what the tokens are longer counts"
        : "replaced files stay until VACUUM, after the table's retention",
    ],
  };
}
