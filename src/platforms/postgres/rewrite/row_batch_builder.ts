/** Gathers rows to a batch. */
import { copyBytes } from "../../../bytes.ts";
import { CTID_BYTES, type LongRow, type PackedColumn, type RowBatch } from "./row_batch.ts";

const FIRST_ROWS = 1024;
const FIRST_TEXT_BYTES = 32 * 1024;

/** Takes rows one by one, and gives them as a batch. It then begins the next one. */
export class RowBatchBuilder {
  readonly #columns: readonly ColumnBuilder[];
  #tableOids = new Uint32Array(FIRST_ROWS);
  #ctids = new Uint8Array(FIRST_ROWS * CTID_BYTES);
  #rows = 0;
  #longRows: LongRow[] = [];
  #total: number | undefined;

  constructor(columns: number) {
    this.#columns = Array.from({ length: columns }, () => new ColumnBuilder());
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
    if (this.#rows === this.#tableOids.length) {
      this.#tableOids = larger(Uint32Array, this.#tableOids, 2 * this.#rows);
      this.#ctids = larger(Uint8Array, this.#ctids, 2 * this.#rows * CTID_BYTES);
    }
    this.#tableOids[this.#rows] = tableOid;
    copyBytes(bytes, at, at + CTID_BYTES, this.#ctids, this.#rows * CTID_BYTES);
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
    const { bytes } = this;
    const rows = {
      tableOids: this.#tableOids.subarray(0, this.#rows),
      ctids: this.#ctids.subarray(0, this.#rows * CTID_BYTES),
      columns: this.#columns.map((column) => column.take()),
    };
    const batch = { rows, longRows: this.#longRows, bytes, total: this.#total };
    this.#tableOids = new Uint32Array(this.#tableOids.length);
    this.#ctids = new Uint8Array(this.#ctids.length);
    this.#rows = 0;
    this.#longRows = [];
    return batch;
  }
}

/** The texts of one column. */
class ColumnBuilder {
  #bytes = new Uint8Array(FIRST_TEXT_BYTES);
  #ends = new Uint32Array(FIRST_ROWS);
  #rows = new Uint32Array(FIRST_ROWS);
  #count = 0;
  #length = 0;

  /** What its texts take. */
  get length(): number {
    return this.#length;
  }

  add(row: number, bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      this.#bytes = larger(Uint8Array, this.#bytes, Math.max(needed, 2 * this.#bytes.length));
    }
    if (this.#count === this.#ends.length) {
      this.#ends = larger(Uint32Array, this.#ends, 2 * this.#count);
      this.#rows = larger(Uint32Array, this.#rows, 2 * this.#count);
    }
    copyBytes(bytes, start, end, this.#bytes, this.#length);
    this.#length = needed;
    this.#ends[this.#count] = needed;
    this.#rows[this.#count] = row;
    this.#count++;
  }

  take(): PackedColumn {
    const texts = {
      bytes: this.#bytes.subarray(0, this.#length),
      ends: this.#ends.subarray(0, this.#count),
    };
    const rows = this.#rows.subarray(0, this.#count);
    this.#bytes = new Uint8Array(Math.min(this.#bytes.length, MAX_NEXT_BYTES));
    this.#ends = new Uint32Array(this.#ends.length);
    this.#rows = new Uint32Array(this.#rows.length);
    this.#count = 0;
    this.#length = 0;
    return { texts, rows };
  }
}

/** One long text must not make every further batch as large. */
const MAX_NEXT_BYTES = 1024 * 1024;

function larger<A extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  type: new (length: number) => A,
  array: A,
  length: number,
): A {
  const copy = new type(length);
  copy.set(array);
  return copy;
}
