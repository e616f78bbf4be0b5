/** Gathers rows to a batch. */
import { copyBytes } from "../../../bytes.ts";
import { CTID_BYTES, type LongRow, type PackedColumn, type RowBatch } from "./row_batch.ts";

const FIRST_ROWS = 1024;
const FIRST_TEXT_BYTES = 32 * 1024;
/** One long text must not make every further batch as large. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** What one batch is put in. */
interface BatchBuffer {
  tableOids: Uint32Array<ArrayBuffer>;
  ctids: Uint8Array<ArrayBuffer>;
  readonly columns: readonly ColumnBuffer[];
}

/** What the texts of one column are put in. */
interface ColumnBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  ends: Uint32Array<ArrayBuffer>;
  rows: Uint32Array<ArrayBuffer>;
}

/**
 * What batches are put in, one after another: without new arrays for each, the garbage collector has a
 * fraction of the work.
 */
export class BatchBuffers {
  readonly #columns: number;
  readonly #free: BatchBuffer[] = [];

  /** For rows with that many texts each. */
  constructor(columns: number) {
    this.#columns = columns;
  }

  /** One that is free, or a new one. */
  take(): BatchBuffer {
    return this.#free.pop() ?? {
      tableOids: new Uint32Array(FIRST_ROWS),
      ctids: new Uint8Array(FIRST_ROWS * CTID_BYTES),
      columns: Array.from({ length: this.#columns }, () => ({
        bytes: new Uint8Array(FIRST_TEXT_BYTES),
        ends: new Uint32Array(FIRST_ROWS),
        rows: new Uint32Array(FIRST_ROWS),
      })),
    };
  }

  /** Gives one back, of which nothing is needed any more. */
  give(buffer: BatchBuffer): void {
    if (buffer.columns.every(({ bytes }) => bytes.length <= MAX_KEPT_BYTES)) {
      this.#free.push(buffer);
    }
  }
}

/** Takes rows one by one, and gives them as a batch. It then begins the next one. */
export class RowBatchBuilder {
  readonly #buffers: BatchBuffers;
  #buffer: BatchBuffer;
  #columns: readonly ColumnBuilder[];
  #rows = 0;
  #longRows: LongRow[] = [];
  #total: number | undefined;

  constructor(buffers: BatchBuffers) {
    this.#buffers = buffers;
    this.#buffer = buffers.take();
    this.#columns = this.#buffer.columns.map((column) => new ColumnBuilder(column));
  }

  /** Rows so far, also long ones. */
  get size(): number {
    return this.#rows + this.#longRows.length;
  }

  /** What the texts so far take. */
  get bytes(): number {
    let sum = 0;
    for (const { length } of this.#columns) sum += length;
    return sum;
  }

  /** Sets how many rows the table has. */
  setTotal(total: number): void {
    this.#total = total;
  }

  /** Adds a row, whose `ctid` is at `at` in `bytes`. Its texts follow by `addText`. */
  addRow(tableOid: number, bytes: Uint8Array, at: number): void {
    const buffer = this.#buffer;
    if (this.#rows === buffer.tableOids.length) {
      buffer.tableOids = larger(Uint32Array, buffer.tableOids, 2 * this.#rows);
      buffer.ctids = larger(Uint8Array, buffer.ctids, 2 * this.#rows * CTID_BYTES);
    }
    buffer.tableOids[this.#rows] = tableOid;
    copyBytes(bytes, at, at + CTID_BYTES, buffer.ctids, this.#rows * CTID_BYTES);
    this.#rows++;
  }

  /** Adds a text of the row that was added last: the bytes from `start` up to `end`. */
  addText(column: number, bytes: Uint8Array, start: number, end: number): void {
    this.#columns[column]!.add(this.#rows - 1, bytes, start, end);
  }

  /** Adds a row without its texts. */
  addLongRow(row: LongRow): void {
    this.#longRows.push(row);
  }

  /** The batch. */
  take(): RowBatch {
    const buffer = this.#buffer;
    const rows = {
      tableOids: buffer.tableOids.subarray(0, this.#rows),
      ctids: buffer.ctids.subarray(0, this.#rows * CTID_BYTES),
      columns: this.#columns.map((column) => column.take()),
    };
    const batch = {
      rows,
      longRows: this.#longRows,
      bytes: this.bytes,
      total: this.#total,
      release: () => this.#buffers.give(buffer),
    };
    this.#buffer = this.#buffers.take();
    this.#columns = this.#buffer.columns.map((column) => new ColumnBuilder(column));
    this.#rows = 0;
    this.#longRows = [];
    return batch;
  }
}

/** The texts of one column. */
class ColumnBuilder {
  readonly #buffer: ColumnBuffer;
  #count = 0;
  #length = 0;

  constructor(buffer: ColumnBuffer) {
    this.#buffer = buffer;
  }

  /** What its texts take. */
  get length(): number {
    return this.#length;
  }

  add(row: number, bytes: Uint8Array, start: number, end: number): void {
    const buffer = this.#buffer;
    const needed = this.#length + end - start;
    if (needed > buffer.bytes.length) {
      const length = Math.max(needed, 2 * buffer.bytes.length);
      buffer.bytes = larger(Uint8Array, buffer.bytes, length);
    }
    if (this.#count === buffer.ends.length) {
      buffer.ends = larger(Uint32Array, buffer.ends, 2 * this.#count);
      buffer.rows = larger(Uint32Array, buffer.rows, 2 * this.#count);
    }
    copyBytes(bytes, start, end, buffer.bytes, this.#length);
    this.#length = needed;
    buffer.ends[this.#count] = needed;
    buffer.rows[this.#count] = row;
    this.#count++;
  }

  take(): PackedColumn {
    const { bytes, ends, rows } = this.#buffer;
    return {
      texts: { bytes: bytes.subarray(0, this.#length), ends: ends.subarray(0, this.#count) },
      rows: rows.subarray(0, this.#count),
    };
  }
}

function larger<A extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  type: new (length: number) => A,
  array: A,
  length: number,
): A {
  const copy = new type(length);
  copy.set(array);
  return copy;
}
