/** Gathers rows to a batch. */
import { copyText, viewOf } from "../../../bytes.ts";
import { CTID_BYTES, type LongRow, type PackedColumn, type RowBatch } from "./row_batch.ts";

const FIRST_ROWS = 64;
const FIRST_TEXT_BYTES = 2 * 1024;
/** One long text must not make every further batch as large. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** What one batch is put in. */
interface BatchBuffer {
  tableOids: Uint32Array<ArrayBuffer>;
  ctids: Uint8Array<ArrayBuffer>;
  /** That of `ctids`. */
  ctidsView: DataView;
  readonly columns: readonly ColumnBuffer[];
}

/** What the texts of one column are put in. */
interface ColumnBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  /** That of `bytes`. */
  view: DataView;
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
    return this.#free.pop() ?? newBuffer(this.#columns);
  }

  /** Gives one back, of which nothing is needed any more. */
  give(buffer: BatchBuffer): void {
    if (buffer.columns.every(({ bytes }) => bytes.length <= MAX_KEPT_BYTES)) {
      this.#free.push(buffer);
    }
  }
}

function newBuffer(columns: number): BatchBuffer {
  const ctids = new Uint8Array(FIRST_ROWS * CTID_BYTES);
  return {
    tableOids: new Uint32Array(FIRST_ROWS),
    ctids,
    ctidsView: viewOf(ctids),
    columns: Array.from({ length: columns }, () => {
      const bytes = new Uint8Array(FIRST_TEXT_BYTES);
      return {
        bytes,
        view: viewOf(bytes),
        ends: new Uint32Array(FIRST_ROWS),
        rows: new Uint32Array(FIRST_ROWS),
      };
    }),
  };
}

/** Takes rows one by one, and gives them as a batch. It then begins the next one. */
export class RowBatchBuilder {
  readonly #buffers: BatchBuffers;
  #buffer: BatchBuffer;
  #columns: readonly ColumnBuilder[];
  #rows = 0;
  #bytes = 0;
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
    return this.#bytes;
  }

  /** Sets how many rows the table has. */
  setTotal(total: number): void {
    this.#total = total;
  }

  /** Adds a row, whose `ctid` is at `at` in `bytes`. Its texts follow by `addText`. */
  addRow(tableOid: number, bytes: DataView, at: number): void {
    const buffer = this.#buffer;
    const row = this.#rows;
    if (row === buffer.tableOids.length) {
      buffer.tableOids = larger(Uint32Array, buffer.tableOids, 2 * row);
      buffer.ctids = larger(Uint8Array, buffer.ctids, 2 * row * CTID_BYTES);
      buffer.ctidsView = viewOf(buffer.ctids);
    }
    buffer.tableOids[row] = tableOid;
    copyText(bytes, at, at + CTID_BYTES, buffer.ctidsView, row * CTID_BYTES);
    this.#rows = row + 1;
  }

  /** Adds a text of the row that was added last: the bytes from `start` up to `end`. */
  addText(column: number, bytes: DataView, start: number, end: number): void {
    this.#columns[column]!.add(this.#rows - 1, bytes, start, end);
    this.#bytes += end - start;
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
      bytes: this.#bytes,
      total: this.#total,
      release: () => this.#buffers.give(buffer),
    };
    this.#buffer = this.#buffers.take();
    this.#columns = this.#buffer.columns.map((column) => new ColumnBuilder(column));
    this.#rows = 0;
    this.#bytes = 0;
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

  add(row: number, bytes: DataView, start: number, end: number): void {
    const buffer = this.#buffer;
    const needed = this.#length + end - start;
    if (needed > buffer.bytes.length) {
      const length = Math.max(needed, 2 * buffer.bytes.length);
      buffer.bytes = larger(Uint8Array, buffer.bytes, length);
      buffer.view = viewOf(buffer.bytes);
    }
    const count = this.#count;
    if (count === buffer.ends.length) {
      buffer.ends = larger(Uint32Array, buffer.ends, 2 * count);
      buffer.rows = larger(Uint32Array, buffer.rows, 2 * count);
    }
    copyText(bytes, start, end, buffer.view, this.#length);
    buffer.ends[count] = needed;
    buffer.rows[count] = row;
    this.#length = needed;
    this.#count = count + 1;
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
