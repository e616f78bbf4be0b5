/**
 * HMAC-SHA-256 (RFC 2104) of many texts with a common beginning, four short texts at once. Key and beginning
 * are hashed once.
 */
import { type Hmac, HMAC_BLOCK_BYTES, HMAC_BYTES, startHmac } from "./hmac.ts";
import { type PackedTexts, startOf } from "../packed_texts.ts";
import {
  BLOCK_WORDS,
  INITIAL_STATE,
  LANES,
  type Sha256Lanes,
  STATE_WORDS,
} from "./sha256_lanes.ts";

const WORD_BYTES = 4;
const STATE_BYTES = STATE_WORDS * LANES * WORD_BYTES;
/** Where the states are in the memory, behind the block. */
const INNER_AT = BLOCK_WORDS * LANES * WORD_BYTES;
const OUTER_AT = INNER_AT + STATE_BYTES;
const RESULT_AT = OUTER_AT + STATE_BYTES;
const USED_WORDS = (RESULT_AT + STATE_BYTES) / WORD_BYTES;

/** A mark and the length in 64 bits follow a message: what fits into one block with them. */
const MAX_SHORT_BYTES = HMAC_BLOCK_BYTES - 9;
/** The mark after a message, in its own byte and at the beginning of a word. */
const MARK = 0x80;
const MARK_WORD = 0x80000000;
const [INNER_PAD, OUTER_PAD] = [0x36, 0x5c];

/** Computes the codes of texts. */
export class HmacLanes {
  readonly #lanes: Sha256Lanes;
  readonly #memory: Uint8Array;
  readonly #startLong: () => Hmac;
  /** For texts that take more than a block, once there is one. */
  #long: Hmac | undefined;
  /** The bytes that are hashed before each text. */
  readonly #before: number;
  /** The numbers of the texts in the lanes. */
  readonly #taken: number[] = [];

  /**
   * `key` has at most a block of bytes, and `beginning` whole blocks. `lanes` is its own until it has been told
   * to forget.
   */
  constructor(lanes: Sha256Lanes, key: Uint8Array, beginning: Uint8Array) {
    this.#lanes = lanes;
    this.#memory = new Uint8Array(lanes.words.buffer);
    this.#startLong = () => startHmac(key, beginning);
    this.#before = HMAC_BLOCK_BYTES + beginning.length;
    const padded = (pad: number) =>
      Uint8Array.from({ length: HMAC_BLOCK_BYTES }, (_, i) => (key[i] ?? 0) ^ pad);
    for (const [at, pad] of [[INNER_AT, INNER_PAD], [OUTER_AT, OUTER_PAD]] as const) {
      INITIAL_STATE.forEach((word, i) => this.#splat(at, i, word));
      this.#absorb(at, padded(pad));
    }
    for (let at = 0; at < beginning.length; at += HMAC_BLOCK_BYTES) {
      this.#absorb(INNER_AT, beginning.subarray(at, at + HMAC_BLOCK_BYTES));
    }
  }

  /** The codes of the texts, one after another. */
  codesOf({ bytes, ends }: PackedTexts): Uint8Array {
    const codes = new Uint8Array(HMAC_BYTES * ends.length);
    for (let i = 0; i < ends.length; i++) {
      const [start, end] = [startOf(ends, i), ends[i]!];
      if (end - start > MAX_SHORT_BYTES) {
        this.#long ??= this.#startLong();
        codes.set(this.#long.codeOf(bytes.subarray(start, end)), HMAC_BYTES * i);
        continue;
      }
      if (this.#taken.length === 0) this.#lanes.words.fill(0, 0, BLOCK_WORDS * LANES);
      this.#load(bytes, start, end);
      this.#taken.push(i);
      if (this.#taken.length === LANES) this.#compute(codes);
    }
    if (this.#taken.length > 0) this.#compute(codes);
    return codes;
  }

  /** Overwrites what was derived from the key, and the last texts. */
  forget(): void {
    this.#long?.forget();
    this.#lanes.words.fill(0, 0, USED_WORDS);
  }

  /** Puts a text into the next lane, as the last block of a message. */
  #load(bytes: Uint8Array, start: number, end: number): void {
    const lane = this.#taken.length;
    const memory = this.#memory;
    let at = 0;
    for (let i = start; i < end; i++) memory[placeOf(lane, at++)] = bytes[i]!;
    memory[placeOf(lane, at)] = MARK;
    const lengthBits = 8 * (this.#before + end - start);
    this.#lanes.words[(BLOCK_WORDS - 1) * LANES + lane] = lengthBits;
  }

  /** Computes the codes of the texts in the lanes, which are then empty. */
  #compute(codes: Uint8Array): void {
    const { words } = this.#lanes;
    this.#lanes.compress(INNER_AT, 0); // the result is the beginning of the outer hash's block
    words.fill(MARK_WORD, STATE_WORDS * LANES, (STATE_WORDS + 1) * LANES);
    words.fill(0, (STATE_WORDS + 1) * LANES, (BLOCK_WORDS - 1) * LANES);
    const lengthBits = 8 * (HMAC_BLOCK_BYTES + HMAC_BYTES);
    words.fill(lengthBits, (BLOCK_WORDS - 1) * LANES, BLOCK_WORDS * LANES);
    this.#lanes.compress(OUTER_AT, RESULT_AT);
    for (let lane = 0; lane < this.#taken.length; lane++) {
      let at = HMAC_BYTES * this.#taken[lane]!;
      for (let i = 0; i < STATE_WORDS; i++) {
        const word = words[RESULT_AT / WORD_BYTES + i * LANES + lane]!;
        codes[at++] = word >>> 24;
        codes[at++] = word >>> 16;
        codes[at++] = word >>> 8;
        codes[at++] = word;
      }
    }
    this.#taken.length = 0;
  }

  /** Compresses a block into the state at `at`, in every lane alike. */
  #absorb(at: number, block: Uint8Array): void {
    for (let lane = 0; lane < LANES; lane++) {
      block.forEach((byte, i) => this.#memory[placeOf(lane, i)] = byte);
    }
    this.#lanes.compress(at, at);
  }

  #splat(at: number, number: number, word: number): void {
    const first = at / WORD_BYTES + number * LANES;
    this.#lanes.words.fill(word, first, first + LANES);
  }
}

/** Where byte `i` of a lane's block is: words are big-endian in the block, and little-endian in the memory. */
function placeOf(lane: number, i: number): number {
  return ((i >> 2) * LANES + lane) * WORD_BYTES + (3 - (i & 3));
}
