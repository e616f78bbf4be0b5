/** AES-CMAC (RFC 4493; NIST SP 800-38B) of many texts in step: first the first blocks of all of them. */
import { type AesBlocks, BLOCK_BYTES } from "./aes_blocks.ts";
import { BLOCK_WORDS, type SivCells } from "./siv_cells.ts";

/** Fewer texts than these take less time one after another, each in one call. */
const MIN_TOGETHER = 8;

/** The subkeys that are added to a last block: to one that is full, and to one that is not. */
export interface CmacSubkeys {
  readonly full: Uint8Array;
  readonly padded: Uint8Array;
}

/** Derives the subkeys (RFC 4493 section 2.3). */
export function cmacSubkeys(aes: AesBlocks): CmacSubkeys {
  const zero = new Uint8Array(BLOCK_BYTES);
  aes.encrypt(zero);
  const full = double(zero);
  return { full, padded: double(full) };
}

/** The code of a message (RFC 4493 section 2.4). */
export function cmac(
  aes: AesBlocks,
  { full, padded }: CmacSubkeys,
  message: Uint8Array,
): Uint8Array {
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK_BYTES));
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  bytes.set(message);
  const isFull = message.length === bytes.length;
  if (!isFull) bytes[message.length] = 0x80;
  const last = bytes.length - BLOCK_BYTES;
  (isFull ? full : padded).forEach((byte, i) => bytes[last + i]! ^= byte);
  return aes.lastOfChain(bytes, new Uint8Array(BLOCK_BYTES));
}

/**
 * The codes of the texts in the cells, to whose last blocks the subkeys have been added; valid until the cells'
 * spare memory is used again.
 */
export function cmacOfCells(aes: AesBlocks, cells: SivCells): Int32Array {
  const { count } = cells;
  const states = cells.spare.subarray(0, count * BLOCK_WORDS).fill(0);
  const codes = cells.spare.subarray(count * BLOCK_WORDS, 2 * count * BLOCK_WORDS);
  /** The numbers of the texts that are not done yet, in the order of their states. */
  const active = new Uint32Array(count);
  for (let i = 0; i < count; i++) active[i] = i;
  let left = count;
  let block = 1;
  for (; left >= MIN_TOGETHER; block++) {
    addBlocks(cells, block, active, left, states);
    aes.encrypt(bytesOf(states, 0, left * BLOCK_WORDS));
    let kept = 0;
    for (let k = 0; k < left; k++) {
      const i = active[k]!;
      const isDone = cells.blocksOf(i) === block;
      copyBlock(states, k, isDone ? codes : states, isDone ? i : kept);
      if (!isDone) active[kept++] = i;
    }
    left = kept;
  }
  for (let k = 0; k < left; k++) {
    const i = active[k]!;
    const first = cells.firsts[i]!;
    const rest = bytesOf(cells.words, first + block * BLOCK_WORDS, cells.endOf(i));
    const state = bytesOf(states, k * BLOCK_WORDS, (k + 1) * BLOCK_WORDS);
    bytesOf(codes, i * BLOCK_WORDS, (i + 1) * BLOCK_WORDS).set(aes.lastOfChain(rest, state));
  }
  return codes;
}

/** Adds the block of that number in each active text to the text's state. */
function addBlocks(
  { words, firsts }: SivCells,
  block: number,
  active: Uint32Array,
  left: number,
  states: Int32Array,
): void {
  for (let k = 0, to = 0; k < left; k++) {
    let from = firsts[active[k]!]! + block * BLOCK_WORDS;
    for (const end = to + BLOCK_WORDS; to < end; to++, from++) states[to]! ^= words[from]!;
  }
}

function copyBlock(source: Int32Array, from: number, target: Int32Array, to: number): void {
  for (let word = 0; word < BLOCK_WORDS; word++) {
    target[to * BLOCK_WORDS + word] = source[from * BLOCK_WORDS + word]!;
  }
}

function bytesOf(words: Int32Array, start: number, end: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset + 4 * start, 4 * (end - start));
}

/** Multiplication by x in GF(2^128) (RFC 4493 section 2.3, RFC 5297 section 2.3). */
export function double(block: Uint8Array): Uint8Array {
  const doubled = block.map((byte, i) => (byte << 1) | ((block[i + 1] ?? 0) >> 7));
  doubled[BLOCK_BYTES - 1]! ^= (block[0]! >> 7) * 0x87; // no branch that depends on a secret
  return doubled;
}
