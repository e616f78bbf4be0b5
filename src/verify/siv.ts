/**
 * Opens tokens of `aes-siv`: AES-SIV (RFC 5297) with one string of associated data. Written for this
 * purpose, from the RFC; only the block cipher itself is that of @noble/ciphers.
 *
 * Blocks are read as four words of 32 bits, little-endian, as the block cipher takes them.
 */
import { unsafe } from "@noble/ciphers/aes.js";

const BLOCK = 16;
const WORDS = 4;
const BIG_ENDIAN = false;

type BlockKey = ReturnType<typeof unsafe.expandKeyLE>;
type Block = readonly [number, number, number, number];

/** Tells whether ciphertexts are authentic. */
export class SivOpener {
  readonly #macKey: BlockKey;
  readonly #counterKey: BlockKey;
  /** CMAC's subkeys K1 and K2 (RFC 4493 section 2.3). */
  readonly #subkeys: readonly [Block, Block];
  /** S2V after the associated data, dbl(CMAC(zero)) xor CMAC(associated data), and its double. */
  readonly #beginning: Uint8Array;
  readonly #doubled: Uint8Array;
  /** The text that is worked on, with zeros up to the end of its last block. */
  #bytes = new Uint8Array(0);
  #words = new Uint32Array(0);

  /** `key` has 64 bytes: the first half is for S2V, the second for the counter. */
  constructor(key: Uint8Array, associatedData: Uint8Array) {
    this.#macKey = unsafe.expandKeyLE(key.slice(0, key.length / 2));
    this.#counterKey = unsafe.expandKeyLE(key.slice(key.length / 2));
    const first = double(bytesOf(encrypt(this.#macKey, [0, 0, 0, 0])));
    this.#subkeys = [wordsOf(first), wordsOf(double(first))];
    this.#load(new Uint8Array(BLOCK));
    const zero = double(bytesOf(this.#cmac(BLOCK)));
    this.#load(associatedData);
    const code = bytesOf(this.#cmac(associatedData.length));
    this.#beginning = zero.map((byte, i) => byte ^ code[i]!);
    this.#doubled = double(this.#beginning);
  }

  /** Whether the synthetic IV in the first 16 bytes is that of what the rest decrypts to. */
  isAuthentic(sealed: Uint8Array): boolean {
    const length = sealed.length - BLOCK;
    if (length < 0) return false;
    const iv = wordsOf(sealed);
    this.#load(sealed.subarray(BLOCK));
    this.#decrypt(iv, length);
    const expected = this.#cmac(this.#addBeginning(length));
    return iv.reduce((difference, word, i) => difference | (word ^ expected[i]!), 0) === 0;
  }

  /** AES-CTR from the IV, of which two bits are cleared so that one word is all that counts (RFC 5297 section 2.6). */
  #decrypt([first, second, third, fourth]: Block, length: number): void {
    const start = swapped(fourth) & 0x7fffffff;
    for (let block = 0; block * BLOCK < length; block++) {
      const counter = [first, second, third & 0xffffff7f, swapped(start + block)] as const;
      encrypt(this.#counterKey, counter).forEach((word, i) =>
        this.#words[block * WORDS + i]! ^= word
      );
    }
    this.#bytes.fill(0, length);
  }

  /** S2V's last step (RFC 5297 section 2.4). Gives the length of what CMAC is to be computed of. */
  #addBeginning(length: number): number {
    if (length >= BLOCK) {
      this.#beginning.forEach((byte, i) => this.#bytes[length - BLOCK + i]! ^= byte);
      return length;
    }
    this.#bytes[length] = 0x80;
    this.#doubled.forEach((byte, i) => this.#bytes[i]! ^= byte);
    return BLOCK;
  }

  /** AES-CMAC of the text, which has `length` bytes (RFC 4493 section 2.4). Changes its last block. */
  #cmac(length: number): Block {
    const blocks = Math.max(1, Math.ceil(length / BLOCK));
    const isFull = length === blocks * BLOCK;
    if (!isFull) this.#bytes[length] = 0x80;
    const subkey = this.#subkeys[isFull ? 0 : 1];
    let chain: Block = [0, 0, 0, 0];
    for (let block = 0; block < blocks; block++) {
      const at = block * WORDS;
      const last = block === blocks - 1 ? subkey : undefined;
      const word = (i: 0 | 1 | 2 | 3) => chain[i] ^ this.#words[at + i]! ^ (last?.[i] ?? 0);
      chain = encrypt(this.#macKey, [word(0), word(1), word(2), word(3)]);
    }
    return chain;
  }

  #load(text: Uint8Array): void {
    const needed = Math.ceil((text.length + 1) / BLOCK) * BLOCK;
    if (this.#bytes.length < needed) {
      this.#bytes = new Uint8Array(2 * needed);
      this.#words = new Uint32Array(this.#bytes.buffer);
    }
    this.#bytes.set(text);
    this.#bytes.fill(0, text.length);
  }
}

function encrypt(key: BlockKey, [w0, w1, w2, w3]: Block): Block {
  const { s0, s1, s2, s3 } = unsafe.encrypt(key, w0, w1, w2, w3);
  return [s0, s1, s2, s3];
}

/** Multiplication by x in GF(2^128) (RFC 4493 section 2.3). */
function double(block: Uint8Array): Uint8Array {
  const doubled = block.map((byte, i) => (byte << 1) | ((block[i + 1] ?? 0) >> 7));
  if (block[0]! & 0x80) doubled[BLOCK - 1]! ^= 0x87;
  return doubled;
}

/** The first four words. */
function wordsOf(bytes: Uint8Array): Block {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (i: number) => view.getInt32(4 * i, true);
  return [word(0), word(1), word(2), word(3)];
}

function bytesOf(block: Block): Uint8Array {
  const view = new DataView(new ArrayBuffer(BLOCK));
  block.forEach((word, i) => view.setInt32(4 * i, word, true));
  return new Uint8Array(view.buffer);
}

const SWAP = new DataView(new ArrayBuffer(4));

/** The word in the other order of bytes. */
function swapped(word: number): number {
  SWAP.setInt32(0, word, true);
  return SWAP.getInt32(0, BIG_ENDIAN);
}
