/** A batch of rows on its way from the table: packed, so that no object is made for a row or a value. */
import type { PackedTexts } from "../../../tokens/packed_texts.ts";

/** The bytes of a `ctid` in the binary format: the number of its block (4) and its place there (2). */
export const CTID_BYTES = 6;

/** The texts of one column that are to be converted. */
export interface PackedColumn {
  readonly texts: PackedTexts;
  /** The row of each text, ascending. */
  readonly rows: Uint32Array;
}

/** Rows with texts to convert. */
export interface PackedRows {
  /** The `tableoid` of each row; there are as many rows. */
  readonly tableOids: Uint32Array;
  /** The `ctid`s in the binary format, one after another. */
  readonly ctids: Uint8Array;
  readonly columns: readonly PackedColumn[];
}

/** A row that is too long for a batch: its texts are read separately. */
export interface LongRow {
  readonly tableOid: number;
  /** In the text format, such as `(0,1)`. */
  readonly ctid: string;
  /** What its texts take. */
  readonly bytes: number;
}

/** A batch of rows. */
export interface RowBatch {
  readonly rows: PackedRows;
  readonly longRows: readonly LongRow[];
  /** What the texts of `rows` take. */
  readonly bytes: number;
  /** Rows of the table when reading began; undefined for a range of it, and for an empty batch. */
  readonly total: number | undefined;
  /** Whether there is no other batch; absent if that is not known. */
  readonly isOnly?: boolean;
  /** Says that nothing of `rows` is needed any more: later batches will be put in its place. */
  release(): void;
}

/** How many rows there are. */
export function countOf({ tableOids }: PackedRows): number {
  return tableOids.length;
}
