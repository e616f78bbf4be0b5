/** Copies a few bytes: for short texts a loop takes less time than making a view of them. */

const MAX_LOOP_BYTES = 64;

/** Copies the bytes of `source` from `start` up to `end` to `target` at `at`. Gives where they end. */
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
