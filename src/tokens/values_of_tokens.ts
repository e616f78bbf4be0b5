/** Reading packed tokens back, for SDKs whose values are never longer than their tokens. */
import { type PackedResults, type PackedTexts, replaceByNulls, startOf } from "./packed_texts.ts";
import { findInvalidTexts } from "./utf8.ts";

/**
 * Writes the value of token `i`, which goes from `start` up to `end` in the bytes of all tokens, into `target` at
 * `at`. Gives where it ends; undefined if there is no value.
 */
export type WriteValue = (
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  i: number,
) => number | undefined;

/** The values; null where `write` finds none, or one that is not UTF-8, so no token was made from it. */
export function valuesOfTokens({ bytes, ends }: PackedTexts, write: WriteValue): PackedResults {
  const values = new Uint8Array(bytes.length);
  const lookalikes = new Set<number>();
  const valueEnds = new Uint32Array(ends.length);
  let at = 0;
  for (let i = 0; i < ends.length; i++) {
    const valueEnd = write(startOf(ends, i), ends[i]!, values, at, i);
    if (valueEnd === undefined) lookalikes.add(i);
    else at = valueEnd;
    valueEnds[i] = at;
  }
  const read = { bytes: values.subarray(0, at), ends: valueEnds };
  for (const i of findInvalidTexts(read)) lookalikes.add(i);
  return replaceByNulls(read, [...lookalikes].sort((one, other) => one - other));
}
