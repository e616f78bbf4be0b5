/** Encoding and decoding UTF-8. */

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
