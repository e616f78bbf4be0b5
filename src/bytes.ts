/** Copies, joins, gathers and reads bytes. */

const MAX_LOOP_BYTES = 64;

/**
 * Copies the bytes of `source` from `start` up to `end` to `target` at `at`. Gives where they end. For short
 * texts a loop takes less time than making a view of them.
 */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  if (end - start > MAX_LOOP_BYTES) target.set(source.subarray(start, end), at);
  else for (let i = start, to = at; i < end; i++, to++) target[to] = source[i]!;
  return at + end - start;
}

/** The same bytes, for reading and writing more than one at a time wherever they begin. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The most bytes of a text that are copied four at a time: a call of the runtime costs as much. */
const MAX_WORDWISE_BYTES = 512;
const WORD_BYTES = 4;

/** `copyBytes` for texts of a batch, one after another: it takes a third of the time. */
export function copyText(
  source: DataView,
  start: number,
  end: number,
  target: DataView,
  at: number,
): number {
  const endsAt = at + end - start;
  if (end - start > MAX_WORDWISE_BYTES) {
    const from = new Uint8Array(source.buffer, source.byteOffset + start, end - start);
    new Uint8Array(target.buffer, target.byteOffset + at, end - start).set(from);
    return endsAt;
  }
  for (; start + WORD_BYTES <= end; start += WORD_BYTES, at += WORD_BYTES) {
    target.setInt32(at, source.getInt32(start));
  }
  for (; start < end; start++, at++) target.setUint8(at, source.getUint8(start));
  return endsAt;
}

/** Bytes that are made where they are sent from. */
export interface Encoding {
  /** How many there are. */
  readonly length: number;
  /** Puts them into `target` at `at`. */
  encode(target: Uint8Array, at: number): void;
}

/** The pieces one after the other; `length` is that of all. */
export function joinBytes(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/**
 * Gathers what comes in pieces until there is enough to read: a whole message, or a whole row. What it holds
 * are copies, so that a piece need not stay as it is.
 */
export class ByteGatherer {
  #pieces: Uint8Array[] = [];
  #held = 0;
  #needed: number;

  /** `needed`: how many bytes are enough at first. */
  constructor(needed: number) {
    this.#needed = needed;
  }

  /** How many bytes are held. */
  get held(): number {
    return this.#held;
  }

  /** Takes a piece. Gives all that is held, in one array, if that is enough; undefined if it is not. */
  add(piece: Uint8Array): Uint8Array | undefined {
    this.#held += piece.length;
    if (this.#held >= this.#needed) {
      return this.#pieces.length === 0 ? piece : joinBytes([...this.#pieces, piece], this.#held);
    }
    this.#pieces.push(piece.slice());
    return undefined;
  }

  /** Holds what `bytes`, which `add` gave, has from `at` on. It is enough once it has `needed` bytes. */
  keep(bytes: Uint8Array, at: number, needed: number): void {
    this.#held = bytes.length - at;
    this.#pieces = this.#held === 0 ? [] : [bytes.slice(at)];
    this.#needed = needed;
  }
}

/** A signed integer of four bytes, the most significant first. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
