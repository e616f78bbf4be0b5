/**
 * AES-SIV encryption and decryption (RFC 5297 sections 2.6 and 2.7) of many short texts with the same
 * key and the same associated data.
 *
 * The block cipher is that of @noble/ciphers, which was audited at version 1.0.0. Its own `aessiv`, added
 * later, expands the keys six times for each text, and takes more than ten times as long for short
 * ones. Here keys are expanded once, and S2V of the associated data is computed once.
 *
 * Words are read from bytes in the machine's order: Deno runs on little-endian machines only, and the
 * words of the block cipher are little-endian.
 */
import { unsafe } from "@noble/ciphers/aes.js";

const BLOCK_BYTES = 16;
/** Clears the two bits of the counter that RFC 5297 clears, so that no carry leaves its last word. */
const COUNTER_MASK = 0xffffff7f;

/** How many bytes longer a ciphertext is than its plaintext. */
export const SIV_BYTES = BLOCK_BYTES;

/** Encrypts and decrypts. A result is valid until the next call. */
export interface SivCipher {
  /** The synthetic IV followed by the ciphertext. */
  encrypt(plaintext: Uint8Array): Uint8Array;
  /** The plaintext; undefined if authentication fails. */
  decrypt(ciphertext: Uint8Array): Uint8Array | undefined;
  /** Overwrites what was derived from the key. */
  forget(): void;
}

/** `key` has 32, 48 or 64 bytes; `associatedData` are S2V's strings before the plaintext. */
export function startSiv(key: Uint8Array, associatedData: readonly Uint8Array[]): SivCipher {
  const half = key.length / 2;
  const mac = new Cmac(key.subarray(0, half));
  const counterKey = unsafe.expandKeyLE(key.subarray(half));
  const whole = mac.codeOf(new Uint8Array(BLOCK_BYTES)).slice();
  for (const each of associatedData) xorInto(unsafe.dbl(whole), 0, mac.codeOf(each));
  const short = unsafe.dbl(whole.slice());
  const input = new BlockBuffer();
  const output = new BlockBuffer();

  /** S2V's last step for the plaintext in `input`; the second call undoes the first. */
  const toggle = (length: number) => {
    if (length >= BLOCK_BYTES) {
      xorInto(input.bytes, length - BLOCK_BYTES, whole);
    } else {
      input.bytes[length]! ^= 0x80;
      xorInto(input.bytes, 0, short);
    }
  };
  /** S2V of the associated data and the plaintext, which is loaded into `input`. */
  const syntheticIv = (plaintext: Uint8Array) => {
    const { length } = plaintext;
    input.load(plaintext);
    toggle(length);
    const code = mac.codeOfBuffer(input, Math.max(length, BLOCK_BYTES));
    toggle(length);
    return code;
  };
  return {
    encrypt(plaintext) {
      const { length } = plaintext;
      output.fit(SIV_BYTES + length);
      output.bytes.set(syntheticIv(plaintext));
      applyCounter(counterKey, input.words, output.words, Math.ceil(length / BLOCK_BYTES));
      return output.bytes.subarray(0, SIV_BYTES + length);
    },
    decrypt(ciphertext) {
      const length = ciphertext.length - SIV_BYTES;
      if (length < 0) return undefined;
      const iv = ciphertext.subarray(0, SIV_BYTES);
      input.load(ciphertext.subarray(SIV_BYTES));
      output.fit(SIV_BYTES + length);
      output.bytes.set(iv);
      applyCounter(counterKey, input.words, output.words, Math.ceil(length / BLOCK_BYTES));
      const plaintext = output.bytes.subarray(SIV_BYTES, SIV_BYTES + length);
      return equalBlocks(syntheticIv(plaintext), iv) ? plaintext : undefined;
    },
    forget() {
      for (const each of [counterKey, whole, short]) each.fill(0);
      mac.forget();
    },
  };
}

/** AES-CTR: the first block of `output` is the synthetic IV; the ciphertext is written after it. */
function applyCounter(
  key: BlockKey,
  input: Uint32Array,
  output: Uint32Array,
  blocks: number,
): void {
  const [first, second, third] = [output[0]!, output[1]!, output[2]! & COUNTER_MASK];
  const counter = swapBytes(output[3]! & COUNTER_MASK);
  for (let block = 0, at = 0; block < blocks; block++, at += 4) {
    const { s0, s1, s2, s3 } = unsafe.encrypt(
      key,
      first,
      second,
      third,
      swapBytes(counter + block),
    );
    output[at + 4] = input[at]! ^ s0;
    output[at + 5] = input[at + 1]! ^ s1;
    output[at + 6] = input[at + 2]! ^ s2;
    output[at + 7] = input[at + 3]! ^ s3;
  }
}

type BlockKey = ReturnType<typeof unsafe.expandKeyLE>;

/** AES-CMAC (RFC 4493); the key's schedule and subkeys are computed once. */
class Cmac {
  readonly #key: BlockKey;
  /** For a last block that is full, and for one that is not. */
  readonly #fullSubkey: Uint8Array;
  readonly #paddedSubkey: Uint8Array;
  readonly #buffer = new BlockBuffer();
  readonly #code = new Uint32Array(4);
  readonly #codeBytes = new Uint8Array(this.#code.buffer);

  constructor(key: Uint8Array) {
    this.#key = unsafe.expandKeyLE(key);
    this.#fullSubkey = unsafe.dbl(unsafe.encryptBlock(this.#key, new Uint8Array(BLOCK_BYTES)));
    this.#paddedSubkey = unsafe.dbl(this.#fullSubkey.slice());
  }

  /** The code of a message, valid until the next call. */
  codeOf(message: Uint8Array): Uint8Array {
    this.#buffer.load(message);
    return this.codeOfBuffer(this.#buffer, message.length);
  }

  /** The code of a buffer's first `length` bytes, which zeros follow. Leaves the buffer unchanged. */
  codeOfBuffer(buffer: BlockBuffer, length: number): Uint8Array {
    const blocks = Math.max(1, Math.ceil(length / BLOCK_BYTES));
    this.#toggleLast(buffer.bytes, length, blocks);
    let [c0, c1, c2, c3] = [0, 0, 0, 0];
    for (let at = 0; at < blocks * 4; at += 4) {
      const { words } = buffer;
      const [w0, w1] = [words[at]! ^ c0, words[at + 1]! ^ c1];
      const [w2, w3] = [words[at + 2]! ^ c2, words[at + 3]! ^ c3];
      ({ s0: c0, s1: c1, s2: c2, s3: c3 } = unsafe.encrypt(this.#key, w0, w1, w2, w3));
    }
    this.#toggleLast(buffer.bytes, length, blocks);
    const code = this.#code;
    (code[0] = c0), (code[1] = c1), (code[2] = c2), (code[3] = c3);
    return this.#codeBytes;
  }

  #toggleLast(bytes: Uint8Array, length: number, blocks: number): void {
    const isFull = length === blocks * BLOCK_BYTES;
    if (!isFull) bytes[length]! ^= 0x80;
    xorInto(bytes, (blocks - 1) * BLOCK_BYTES, isFull ? this.#fullSubkey : this.#paddedSubkey);
  }

  forget(): void {
    for (const each of [this.#key, this.#fullSubkey, this.#paddedSubkey]) each.fill(0);
  }
}

/** A buffer of whole blocks, as bytes and as words. */
class BlockBuffer {
  bytes = new Uint8Array(1024);
  words = new Uint32Array(this.bytes.buffer);

  /** Provides space for `length` bytes and one block. */
  fit(length: number): void {
    if (length + BLOCK_BYTES <= this.bytes.length) return;
    this.bytes = new Uint8Array(Math.ceil(length / BLOCK_BYTES + 1) * BLOCK_BYTES);
    this.words = new Uint32Array(this.bytes.buffer);
  }

  /** Copies a message to the beginning, followed by at least as many zeros as fill its last block. */
  load(message: Uint8Array): void {
    this.fit(message.length);
    this.bytes.set(message);
    this.bytes.fill(0, message.length, message.length + BLOCK_BYTES);
  }
}

function xorInto(bytes: Uint8Array, from: number, block: Uint8Array): void {
  for (let i = 0; i < BLOCK_BYTES; i++) bytes[from + i]! ^= block[i]!;
}

/** In constant time. */
function equalBlocks(one: Uint8Array, other: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) difference |= one[i]! ^ other[i]!;
  return difference === 0;
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
