/**
 * Reads rows in binary format, as COPY gives them, and as a portal returns them: `RowFields` of each.
 *
 * Source: PostgreSQL documentation, "COPY", "Binary Format": a row is the number of its fields (2 bytes),
 * and each field its length (4 bytes, -1 for NULL) and its value. COPY gives a header before the first
 * row: a signature (11 bytes), flags (4), and the length of an extension (4) with the extension; and -1
 * as the number of fields after the last.
 */
import { ByteGatherer, viewOf } from "../../../bytes.ts";
import { ServiceError } from "../../../errors.ts";
import { CTID_BYTES, type RowBatch } from "./row_batch.ts";
import { BatchBuffers, RowBatchBuilder } from "./row_batch_builder.ts";

const SIGNATURE = Uint8Array.from("PGCOPY\n\xff\r\n\0", (char) => char.charCodeAt(0));
/** Signature, flags and the length of the extension. */
const HEADER_BYTES = SIGNATURE.length + 8;
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
/** The number of fields after the last row. */
const END_MARK = 0xffff;
/** The fields before the texts. */
const LEADING_FIELDS = 4;

/** How large a batch may get; a row belongs to one batch as a whole. */
export interface BatchLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Reads pieces, in which rows may begin and end anywhere. */
export class BinaryRowReader {
  readonly #builder: RowBatchBuilder;
  readonly #fields: number;
  readonly #limits: BatchLimits;
  readonly #gatherer = new ByteGatherer(0);
  /** Where what was read last would end if it were whole. */
  #needed = 0;
  #isBeforeHeader: boolean;
  #hasEnded = false;

  /** For rows with `texts` texts each, after a header if they come from a COPY. */
  constructor(
    texts: number,
    { fromCopy, limits = { rows: Infinity, bytes: Infinity }, buffers = new BatchBuffers(texts) }: {
      readonly fromCopy: boolean;
      readonly limits?: BatchLimits;
      /** Those of earlier readers, to be used again. */
      readonly buffers?: BatchBuffers;
    },
  ) {
    this.#builder = new RowBatchBuilder(buffers);
    this.#fields = LEADING_FIELDS + texts;
    this.#limits = limits;
    this.#isBeforeHeader = fromCopy;
    this.#hasEnded = !fromCopy;
  }

  /** Reads a piece, and gives each batch as soon as it is full. */
  *read(piece: Uint8Array): Generator<RowBatch, void> {
    const gathered = this.#gatherer.add(piece);
    if (gathered === undefined) return;
    const bytes = viewOf(gathered);
    const { rows, bytes: limit } = this.#limits;
    const builder = this.#builder;
    let at = this.#isBeforeHeader ? this.#readHeader(bytes) : 0;
    while (!this.#isBeforeHeader) {
      const end = this.#endOfRow(bytes, at);
      if (end === undefined) break;
      if (end > at + COUNT_BYTES) this.#readRow(bytes, at + COUNT_BYTES);
      at = end;
      if (builder.size >= rows || builder.bytes >= limit) yield builder.take();
    }
    this.#gatherer.keep(gathered, at, this.#needed - at);
  }

  /** Reads a piece into the one batch that `end` gives, if there are no limits. */
  readAll(piece: Uint8Array): void {
    for (const _ of this.read(piece)) throw new TypeError("Cannot read all rows: there are limits");
  }

  /** What is left when all was read. Throws `database_error` if the end is missing. */
  end(): RowBatch {
    if (this.#gatherer.held > 0 || !this.#hasEnded) throw unreadable();
    return this.#builder.take();
  }

  /** Where the header ends; 0 until it is whole. */
  #readHeader(bytes: DataView): number {
    this.#needed = HEADER_BYTES;
    if (bytes.byteLength < HEADER_BYTES) return 0;
    if (SIGNATURE.some((byte, i) => bytes.getUint8(i) !== byte)) throw unreadable();
    this.#needed += bytes.getUint32(HEADER_BYTES - LENGTH_BYTES);
    if (bytes.byteLength < this.#needed) return 0;
    this.#isBeforeHeader = false;
    return this.#needed;
  }

  /** Where the row at `at` ends, or the end mark; undefined if it is not whole. */
  #endOfRow(bytes: DataView, at: number): number | undefined {
    const { byteLength } = bytes;
    let end = at + COUNT_BYTES;
    this.#needed = end;
    if (end > byteLength) return undefined;
    const fields = bytes.getUint16(at);
    if (fields === END_MARK) {
      this.#hasEnded = true;
      return end;
    }
    if (fields !== this.#fields) throw unreadable();
    for (let field = 0; field < fields; field++) {
      const start = end + LENGTH_BYTES;
      if (start > byteLength) {
        this.#needed = start;
        return undefined;
      }
      end = start + Math.max(0, bytes.getInt32(end));
    }
    this.#needed = end;
    return end > byteLength ? undefined : end;
  }

  /** Reads the fields of a row, the first of which begins at `at`. */
  #readRow(bytes: DataView, at: number): void {
    const builder = this.#builder;
    const tableOid = bytes.getUint32(at + LENGTH_BYTES);
    const ctid = at + LENGTH_BYTES + 4 + LENGTH_BYTES;
    at = ctid + CTID_BYTES;
    const longBytes = optionalInt64(bytes, at);
    at += LENGTH_BYTES + (longBytes === undefined ? 0 : 8);
    const total = optionalInt64(bytes, at);
    at += LENGTH_BYTES + (total === undefined ? 0 : 8);
    if (total !== undefined) builder.setTotal(total);
    if (longBytes !== undefined) {
      const [block, place] = [bytes.getUint32(ctid), bytes.getUint16(ctid + 4)];
      return builder.addLongRow({ tableOid, ctid: `(${block},${place})`, bytes: longBytes });
    }
    builder.addRow(tableOid, bytes, ctid);
    const texts = this.#fields - LEADING_FIELDS;
    for (let column = 0; column < texts; column++) {
      const length = bytes.getInt32(at);
      at += LENGTH_BYTES;
      if (length < 0) continue;
      builder.addText(column, bytes, at, at + length);
      at += length;
    }
  }
}

/** The `int8` in the field at `at`; undefined if it is NULL. */
function optionalInt64(bytes: DataView, at: number): number | undefined {
  if (bytes.getInt32(at) < 0) return undefined;
  return bytes.getUint32(at + LENGTH_BYTES) * 2 ** 32 + bytes.getUint32(at + LENGTH_BYTES + 4);
}

function unreadable(): ServiceError {
  return new ServiceError(
    "database_error",
    "Cannot read rows from Postgres: they are not in the binary format of COPY",
  );
}
