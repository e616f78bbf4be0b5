/**
 * AES-SIV encryption and decryption (RFC 5297 sections 2.6 and 2.7) of many texts with the same key and the
 * same associated data.
 *
 * Each step is taken for all texts before the next one, so that AES gets many blocks at once.
 */
import { type AesBlocks, BLOCK_BYTES, openAes } from "./aes_blocks.ts";
import { cmac, cmacOfCells, cmacSubkeys, double } from "./cmac.ts";
import { BLOCK_WORDS, type SivCells } from "./siv_cells.ts";

/** How many bytes longer a ciphertext is than its plaintext. */
export const SIV_BYTES = BLOCK_BYTES;

/** Clears the two bits of the counter that RFC 5297 clears, so that no carry leaves its last word. */
const COUNTER_MASK = 0xffffff7f;
const MASK_WORDS = 2 * BLOCK_WORDS;

/** Encrypts and decrypts texts in cells. To be disposed of, which gives back what was derived from the key. */
export class SivCipher implements Disposable {
  /** For S2V. */
  readonly #mac: AesBlocks;
  /** For the counter. */
  readonly #counter: AesBlocks;
  readonly #masks: Int32Array;

  /**
   * `key` has 32 or 64 bytes; `associatedData` are S2V's strings before the plaintext; `open` is what computes
   * AES.
   */
  constructor(
    key: Uint8Array,
    associatedData: readonly Uint8Array[],
    open: (key: Uint8Array) => AesBlocks = openAes,
  ) {
    const half = key.length / 2;
    this.#mac = open(key.subarray(0, half));
    this.#counter = open(key.subarray(half));
    this.#masks = masksOf(this.#mac, associatedData);
  }

  /** Encrypts the texts, and writes the synthetic IV of each before it. */
  encrypt(cells: SivCells): void {
    const codes = this.#syntheticIvs(cells);
    const { words, firsts, count } = cells;
    for (let i = 0, from = 0; i < count; i++) {
      let to = firsts[i]!;
      for (const end = to + BLOCK_WORDS; to < end; to++, from++) words[to] = codes[from]!;
    }
    this.#applyCounter(cells);
  }

  /** Decrypts the texts. Gives the numbers of those whose authentication fails, ascending. */
  decrypt(cells: SivCells): number[] {
    this.#applyCounter(cells);
    cells.clearPadding();
    const codes = this.#syntheticIvs(cells);
    const { words, firsts, count } = cells;
    const failed: number[] = [];
    for (let i = 0, from = 0; i < count; i++) {
      let difference = 0; // all words are compared, so that the time does not depend on where they differ
      let to = firsts[i]!;
      for (const end = to + BLOCK_WORDS; to < end; to++, from++) {
        difference |= words[to]! ^ codes[from]!;
      }
      if (difference !== 0) failed.push(i);
    }
    return failed;
  }

  [Symbol.dispose](): void {
    this.#mac.close();
    this.#counter.close();
    this.#masks.fill(0);
  }

  /** S2V of the associated data and each text. */
  #syntheticIvs(cells: SivCells): Int32Array {
    this.#toggleMasks(cells);
    const codes = cmacOfCells(this.#mac, cells);
    this.#toggleMasks(cells);
    return codes;
  }

  /** Adds to each text what S2V and CMAC add to it. The second time undoes the first. */
  #toggleMasks(cells: SivCells): void {
    const { words, lengths, count } = cells;
    for (let i = 0; i < count; i++) {
      const end = cells.endOf(i);
      let mask = maskNumber(lengths[i]!) * MASK_WORDS;
      for (let at = end - MASK_WORDS; at < end; at++) words[at]! ^= this.#masks[mask++]!;
    }
  }

  /** AES-CTR from each synthetic IV. The second time undoes the first. */
  #applyCounter(cells: SivCells): void {
    const { words, spare, firsts, count } = cells;
    let used = 0;
    for (let i = 0; i < count; i++) {
      const first = firsts[i]!;
      const [word0, word1] = [words[first]!, words[first + 1]!];
      const word2 = words[first + 2]! & COUNTER_MASK;
      let counter = swapBytes(words[first + 3]! & COUNTER_MASK);
      for (let blocks = cells.blocksOf(i); blocks > 0; blocks--, used += BLOCK_WORDS) {
        spare[used] = word0;
        spare[used + 1] = word1;
        spare[used + 2] = word2;
        spare[used + 3] = swapBytes(counter++);
      }
    }
    this.#counter.encrypt(new Uint8Array(spare.buffer, 0, 4 * used));
    for (let i = 0, from = 0; i < count; i++) {
      const end = cells.endOf(i);
      for (let at = firsts[i]! + BLOCK_WORDS; at < end; at++) words[at]! ^= spare[from++]!;
    }
  }
}

/** The number of the mask for a text of `length` bytes. */
function maskNumber(length: number): number {
  return length < BLOCK_BYTES ? length : BLOCK_BYTES + length % BLOCK_BYTES;
}

/**
 * What S2V (RFC 5297 section 2.4) and CMAC (RFC 4493 section 2.4) add to the last two blocks of a text, for each
 * case of `maskNumber`. A text of one block, after its synthetic IV, has zeros for the other one.
 */
function masksOf(mac: AesBlocks, associatedData: readonly Uint8Array[]): Int32Array {
  const subkeys = cmacSubkeys(mac);
  let whole = cmac(mac, subkeys, new Uint8Array(BLOCK_BYTES));
  for (const each of associatedData) whole = xor(double(whole), cmac(mac, subkeys, each));
  const short = xor(double(whole), subkeys.full);
  const masks = new Uint8Array(4 * MASK_WORDS * 2 * BLOCK_BYTES);
  for (let length = 0; length < 2 * BLOCK_BYTES; length++) {
    const mask = 4 * MASK_WORDS * length;
    const last = mask + BLOCK_BYTES;
    const rest = length % BLOCK_BYTES;
    if (length < BLOCK_BYTES) {
      addBytes(masks, last, short);
      masks[last + rest]! ^= 0x80;
    } else if (rest === 0) {
      addBytes(masks, last, whole);
      addBytes(masks, last, subkeys.full);
    } else {
      addBytes(masks, mask + rest, whole);
      addBytes(masks, last, subkeys.padded);
      masks[last + rest]! ^= 0x80;
    }
  }
  return new Int32Array(masks.buffer);
}

function addBytes(target: Uint8Array, at: number, block: Uint8Array): void {
  for (let i = 0; i < BLOCK_BYTES; i++) target[at + i]! ^= block[i]!;
}

function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, i) => byte ^ other[i]!);
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
