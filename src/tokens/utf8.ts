/** UTF-8, to and fro. */

// Short texts are encoded here: an array for each would cost more than what is done with it.
const MAX_BYTES_PER_UNIT = 3;
const scratch = new Uint8Array(16 * 1024);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A text's UTF-8 bytes, to be used before the next call: they may be overwritten then. Lone
 * surrogates become U+FFFD.
 */
export function borrowUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (text.length * MAX_BYTES_PER_UNIT > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** The text that these bytes are; null where they are not UTF-8. A byte order mark stays. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
