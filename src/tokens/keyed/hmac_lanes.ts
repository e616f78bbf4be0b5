/**
 * HMAC-SHA-256 (RFC 2104) of many texts with a common beginning, four short texts at once. Key and beginning
 * are hashed once.
 */
import { viewOf } from "../../bytes.ts";
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
const BLOCK_BYTES = BLOCK_WORDS * LANES * WORD_BYTES;
/** Where the texts are in the memory, the block of the outer hash, and the states. */
const TEXTS_AT = 0;
const OUTER_BLOCK_AT = TEXTS_AT + BLOCK_BYTES;
const INNER_AT = OUTER_BLOCK_AT + BLOCK_BYTES;
const OUTER_AT = INNER_AT + STATE_BYTES;
const RESULT_AT = OUTER_AT + STATE_BYTES;
const USED_WORDS = (RESULT_AT + STATE_BYTES) / WORD_BYTES;

/** A mark and the length in 64 bits follow a message: what fits into one block with them. */
const MAX_SHORT_BYTES = HMAC_BLOCK_BYTES - 9;
/** The mark after a message, at the beginning of a word. */
const MARK_WORD = 0x80000000;
const [INNER_PAD, OUTER_PAD] = [0x36, 0x5c];

/** Computes the codes of texts. */
export class HmacLanes {
  readonly #lanes: Sha256Lanes;
  readonly #startLong: () => Hmac;
  /** For texts that take more than a block, once there is one. */
  #long: Hmac | undefined;
  /** The bytes that are hashed before each text. */
  readonly #before: number;
  /** The numbers of the texts in the lanes, and how many lanes are taken. */
  readonly #numbers = new Uint32Array(LANES);
  #taken = 0;

  /**
   * `key` has at most a block of bytes, and `beginning` whole blocks. `lanes` is its own until it has been told
   * to forget.
   */
  constructor(lanes: Sha256Lanes, key: Uint8Array, beginning: Uint8Array) {
    this.#lanes = lanes;
    this.#startLong = () => startHmac(key, beginning);
    this.#before = HMAC_BLOCK_BYTES + beginning.length;
    const padded = (pad: number) => {
      const block = new Uint8Array(HMAC_BLOCK_BYTES).fill(pad);
      key.forEach((byte, i) => block[i]! ^= byte);
      return block;
    };
    for (const [at, pad] of [[INNER_AT, INNER_PAD], [OUTER_AT, OUTER_PAD]] as const) {
      INITIAL_STATE.forEach((word, i) => this.#splat(at, i, word));
      this.#absorb(at, padded(pad));
    }
    for (let at = 0; at < beginning.length; at += HMAC_BLOCK_BYTES) {
      this.#absorb(INNER_AT, beginning.subarray(at, at + HMAC_BLOCK_BYTES));
    }
    // what follows the inner hash in the block of the outer one is always the same
    this.#splat(OUTER_BLOCK_AT, STATE_WORDS, MARK_WORD);
    this.#splat(OUTER_BLOCK_AT, BLOCK_WORDS - 1, 8 * (HMAC_BLOCK_BYTES + HMAC_BYTES));
  }

  /** The codes of the texts, one after another. */
  codesOf({ bytes, ends }: PackedTexts): Uint8Array {
    const codes = new Uint8Array(HMAC_BYTES * ends.length);
    const [source, target] = [viewOf(bytes), viewOf(codes)];
    for (let i = 0; i < ends.length; i++) {
      const [start, end] = [startOf(ends, i), ends[i]!];
      if (end - start > MAX_SHORT_BYTES) {
        this.#long ??= this.#startLong();
        codes.set(this.#long.codeOf(bytes.subarray(start, end)), HMAC_BYTES * i);
        continue;
      }
      this.#load(source, start, end);
      this.#numbers[this.#taken++] = i;
      if (this.#taken === LANES) this.#compute(target);
    }
    if (this.#taken > 0) this.#compute(target);
    return codes;
  }

  /** Overwrites what was derived from the key, and the last texts. */
  forget(): void {
    this.#long?.forget();
    this.#lanes.words.fill(0, 0, USED_WORDS);
  }

  /** Puts a text into the next lane, as the last block of a message: the words of a message are big-endian. */
  #load(bytes: DataView, start: number, end: number): void {
    const { words } = this.#lanes;
    let at = this.#taken;
    let i = start;
    for (; i + WORD_BYTES <= end; i += WORD_BYTES, at += LANES) words[at] = bytes.getUint32(i);
    let word = MARK_WORD >>> (8 * (end - i));
    for (let shift = 24; i < end; i++, shift -= 8) word |= bytes.getUint8(i) << shift;
    words[at] = word;
    for (at += LANES; at < (BLOCK_WORDS - 1) * LANES; at += LANES) words[at] = 0;
    words[at] = 8 * (this.#before + end - start);
  }

  /** Computes the codes of the texts in the lanes, which are then empty. */
  #compute(codes: DataView): void {
    const { words } = this.#lanes;
    this.#lanes.compress(TEXTS_AT, INNER_AT, OUTER_BLOCK_AT); // the result is the beginning of that block
    this.#lanes.compress(OUTER_BLOCK_AT, OUTER_AT, RESULT_AT);
    for (let lane = 0; lane < this.#taken; lane++) {
      let at = HMAC_BYTES * this.#numbers[lane]!;
      for (let i = 0; i < STATE_WORDS; i++, at += WORD_BYTES) {
        codes.setUint32(at, words[RESULT_AT / WORD_BYTES + i * LANES + lane]!);
      }
    }
    this.#taken = 0;
  }

  /** Compresses a block into the state at `at`, in every lane alike. */
  #absorb(at: number, block: Uint8Array): void {
    const view = viewOf(block);
    for (let i = 0; i < BLOCK_WORDS; i++) this.#splat(TEXTS_AT, i, view.getUint32(WORD_BYTES * i));
    this.#lanes.compress(TEXTS_AT, at, at);
  }

  #splat(at: number, number: number, word: number): void {
    const first = at / WORD_BYTES + number * LANES;
    this.#lanes.words.fill(word, first, first + LANES);
  }
}
