/**
 * AES (FIPS 197), encryption only, of many blocks with one key.
 *
 * On x86-64 it is that of node:crypto, which uses the processor's own instructions: a block takes about a
 * twentieth of the time that it takes in JavaScript, and no time that depends on the key or the block. A call
 * costs as much as tens of blocks, so many are given to it together.
 *
 * On other processors the runtime computes AES in software that is made for several blocks at a time, and gives
 * it one. There it is the block cipher of @noble/ciphers, which was audited at version 1.0.0; it uses tables.
 */
import { createCipheriv } from "node:crypto";
import { unsafe } from "@noble/ciphers/aes.js";

/** Bytes in a block. */
export const BLOCK_BYTES = 16;
const BLOCK_WORDS = 4;
/** More at once takes no less time a block, and the runtime makes three copies. */
const MAX_CALL_BYTES = 1 << 16;
/** A longer chain is worth opening a mode of its own for. */
const MAX_SHORT_CHAIN_BYTES = 16 * BLOCK_BYTES;

/** AES with a key. */
export interface AesBlocks {
  /** Encrypts each block in place. */
  encrypt(blocks: Uint8Array): void;
  /**
   * The last block of AES-CBC (NIST SP 800-38A section 6.2): each block is added to what the one before it was
   * encrypted to, the first one to `iv`, and then encrypted. Leaves the blocks as they are.
   */
  lastOfChain(blocks: Uint8Array, iv: Uint8Array): Uint8Array;
  /** Gives back what was derived from the key. Nothing can be encrypted afterwards. */
  close(): void;
}

/** AES with a key of 16 or 32 bytes, by what is fastest on this processor. */
export function openAes(key: Uint8Array): AesBlocks {
  return Deno.build.arch === "x86_64" ? new NativeAes(key) : new ScriptedAes(key);
}

/** By the processor's instructions. */
export class NativeAes implements AesBlocks {
  readonly #key: Uint8Array;
  readonly #ecb: BlockMode;

  /** `key` has 16 or 32 bytes, and stays as it is until `close`. */
  constructor(key: Uint8Array) {
    this.#key = key;
    this.#ecb = openMode("ecb", key, new Uint8Array(0));
  }

  encrypt(blocks: Uint8Array): void {
    for (let at = 0; at < blocks.length; at += MAX_CALL_BYTES) {
      blocks.set(this.#ecb.update(blocks.subarray(at, at + MAX_CALL_BYTES)), at);
    }
  }

  lastOfChain(blocks: Uint8Array, iv: Uint8Array): Uint8Array {
    let last = iv;
    if (blocks.length > MAX_SHORT_CHAIN_BYTES) {
      const cbc = openMode("cbc", this.#key, iv);
      for (let at = 0; at < blocks.length; at += MAX_CALL_BYTES) {
        const encrypted = cbc.update(blocks.subarray(at, at + MAX_CALL_BYTES));
        last = new Uint8Array(encrypted.subarray(-BLOCK_BYTES));
      }
      cbc.final();
    } else {
      for (let at = 0; at < blocks.length; at += BLOCK_BYTES) {
        const added = last.map((byte, i) => byte ^ blocks[at + i]!);
        last = new Uint8Array(this.#ecb.update(added));
      }
    }
    return last;
  }

  close(): void {
    this.#ecb.final();
  }
}

type BlockMode = ReturnType<typeof createCipheriv>;

function openMode(mode: string, key: Uint8Array, iv: Uint8Array): BlockMode {
  return createCipheriv(`aes-${8 * key.length}-${mode}`, key, iv).setAutoPadding(false);
}

/** In JavaScript. Deno runs on little-endian machines only, and the cipher's words are little-endian. */
export class ScriptedAes implements AesBlocks {
  readonly #key: ReturnType<typeof unsafe.expandKeyLE>;

  /** `key` has 16 or 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = unsafe.expandKeyLE(key.slice());
  }

  encrypt(blocks: Uint8Array): void {
    const words = wordsOf(blocks);
    for (let at = 0; at < words.length; at += BLOCK_WORDS) {
      const { s0, s1, s2, s3 } = unsafe.encrypt(
        this.#key,
        words[at]!,
        words[at + 1]!,
        words[at + 2]!,
        words[at + 3]!,
      );
      (words[at] = s0), (words[at + 1] = s1), (words[at + 2] = s2), (words[at + 3] = s3);
    }
  }

  lastOfChain(blocks: Uint8Array, iv: Uint8Array): Uint8Array {
    const words = wordsOf(blocks);
    const ivWords = wordsOf(iv);
    const ivWord = (i: number) => ivWords[i]!;
    let [s0, s1, s2, s3] = [ivWord(0), ivWord(1), ivWord(2), ivWord(3)];
    for (let at = 0; at < words.length; at += BLOCK_WORDS) {
      const [w0, w1] = [words[at]! ^ s0, words[at + 1]! ^ s1];
      const [w2, w3] = [words[at + 2]! ^ s2, words[at + 3]! ^ s3];
      ({ s0, s1, s2, s3 } = unsafe.encrypt(this.#key, w0, w1, w2, w3));
    }
    return new Uint8Array(Uint32Array.of(s0, s1, s2, s3).buffer);
  }

  close(): void {
    this.#key.fill(0);
  }
}

function wordsOf(blocks: Uint8Array): Uint32Array {
  return new Uint32Array(blocks.buffer, blocks.byteOffset, blocks.length / 4);
}
