/** Copies, joins and reads bytes. */

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

/** A signed integer of four bytes, the most significant first. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
