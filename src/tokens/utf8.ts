/** Encoding, decoding and checking UTF-8. */
import { isAscii, isUtf8 } from "node:buffer";
import { type PackedTexts, startOf } from "./packed_texts.ts";

// Short texts are encoded in here: allocating an array for each would cost more than using it.
const MAX_BYTES_PER_UNIT = 3;
const scratch = new Uint8Array(16 * 1024);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A text's UTF-8 bytes, valid until the next call, which may overwrite them. Lone surrogates become
 * U+FFFD.
 */
export function borrowUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (text.length * MAX_BYTES_PER_UNIT > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** The text of UTF-8 bytes, with any byte order mark; null if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** The numbers of those packed texts that are not UTF-8, ascending. */
export function findInvalidTexts({ bytes, ends }: PackedTexts): number[] {
  if (isAscii(bytes)) return [];
  // together they are valid, and none begins in the middle of a character: so each is
  const startsInside = (end: number, i: number) =>
    end > startOf(ends, i) && (bytes[startOf(ends, i)]! & 0xc0) === 0x80;
  if (isUtf8(bytes) && !ends.some(startsInside)) return [];
  return Array.from(ends.keys()).filter((i) => !isUtf8(bytes.subarray(startOf(ends, i), ends[i])));
}
