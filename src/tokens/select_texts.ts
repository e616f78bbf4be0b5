/** Which of packed texts are selected. */
import { toByteMatcher } from "./byte_matcher.ts";
import { type PackedTexts, startOf } from "./packed_texts.ts";
import type { Selection } from "./selection.ts";

/** The numbers of the texts that are selected, ascending; undefined if all are. */
export function selectTexts(
  { bytes, ends }: PackedTexts,
  { include, exclude }: Selection,
): Uint32Array | undefined {
  const [wanted, unwanted] = [include?.map(toByteMatcher), exclude.map(toByteMatcher)];
  const selected = new Uint32Array(ends.length);
  let count = 0;
  for (let i = 0; i < ends.length; i++) {
    const [start, end] = [startOf(ends, i), ends[i]!];
    if (wanted?.some((matches) => matches(bytes, start, end)) === false) continue;
    if (unwanted.some((matches) => matches(bytes, start, end))) continue;
    selected[count++] = i;
  }
  return count === ends.length ? undefined : selected.subarray(0, count);
}

/** Those texts only, in that order. */
export function pickTexts({ bytes, ends }: PackedTexts, numbers: Uint32Array): PackedTexts {
  const pieces = Array.from(numbers, (i) => bytes.subarray(startOf(ends, i), ends[i]));
  const picked = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  const pickedEnds = new Uint32Array(pieces.length);
  let at = 0;
  pieces.forEach((piece, i) => {
    picked.set(piece, at);
    pickedEnds[i] = at += piece.length;
  });
  return { bytes: picked, ends: pickedEnds };
}
