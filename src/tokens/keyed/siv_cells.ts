/**
 * Where the texts are while AES-SIV works on them: each in a cell of its own, which begins with a block for its
 * synthetic IV. Zeros fill the text's last block. The memory is used again for the next texts.
 */
import { copyBytes } from "../../bytes.ts";
import { BLOCK_BYTES } from "./aes_blocks.ts";

/** Words in a block. */
export const BLOCK_WORDS = 4;
/** Beside its text, a cell has the synthetic IV and up to a block of zeros. */
const MAX_EXTRA_BYTES = 2 * BLOCK_BYTES;
/** More memory than this is not kept. */
const MAX_KEPT_BYTES = 1 << 20;

/** The cells of some texts. */
export class SivCells {
  /** All cells, one after another: the same memory as bytes and as words. */
  bytes!: Uint8Array;
  words!: Int32Array;
  /** As much memory for intermediate results. */
  spare!: Int32Array;
  /** Where each cell begins, in words, and the bytes of its text. */
  firsts!: Uint32Array;
  lengths!: Uint32Array;
  /** How many texts there are. */
  count = 0;
  #usedWords = 0;

  constructor() {
    this.#allocate(0, 0);
  }

  /** Makes room for so many texts, which have so many bytes together. Before the first of them. */
  reserve(texts: number, bytes: number): void {
    const needed = texts * MAX_EXTRA_BYTES + bytes;
    if (texts > this.firsts.length || needed > this.bytes.length) this.#allocate(texts, needed);
  }

  /** Makes a cell for a text of `length` bytes. Gives where the cell begins, in bytes. */
  add(length: number): number {
    const first = this.#usedWords;
    this.firsts[this.count] = first;
    this.lengths[this.count] = length;
    this.#usedWords = first + BLOCK_WORDS * (1 + this.blocksOf(this.count));
    this.count++;
    return first * 4;
  }

  /** The same, with the text: the bytes of `source` from `start` up to `end`. */
  load(source: Uint8Array, start: number, end: number): void {
    copyBytes(source, start, end, this.bytes, this.add(end - start) + BLOCK_BYTES);
  }

  /** The blocks that text `i` takes: at least one. */
  blocksOf(i: number): number {
    return Math.max(1, (this.lengths[i]! + BLOCK_BYTES - 1) >>> 4);
  }

  /** Where cell `i` ends, in words. */
  endOf(i: number): number {
    return this.firsts[i]! + BLOCK_WORDS * (1 + this.blocksOf(i));
  }

  /** Overwrites what follows each text in its last block with zeros. */
  clearPadding(): void {
    for (let i = 0; i < this.count; i++) {
      const text = 4 * this.firsts[i]! + BLOCK_BYTES;
      this.bytes.fill(0, text + this.lengths[i]!, 4 * this.endOf(i));
    }
  }

  /** Overwrites and removes all texts. */
  clear(): void {
    this.words.fill(0, 0, this.#usedWords);
    this.spare.fill(0, 0, this.#usedWords);
    [this.count, this.#usedWords] = [0, 0];
    if (this.bytes.length > MAX_KEPT_BYTES) this.#allocate(0, 0);
  }

  #allocate(texts: number, bytes: number): void {
    const length = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    this.bytes = new Uint8Array(length);
    this.words = new Int32Array(this.bytes.buffer);
    this.spare = new Int32Array(length / 4);
    this.firsts = new Uint32Array(texts);
    this.lengths = new Uint32Array(texts);
  }
}
