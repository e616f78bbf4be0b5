/** Base64 of strings and bytes. */
import { borrowUtf8 } from "./utf8.ts";

/** Base64 of a string's UTF-8 bytes (RFC 4648 section 4, padded). Lone surrogates become U+FFFD. */
export function encodeBase64(text: string): string {
  return borrowUtf8(text).toBase64();
}

/** Base64url without padding (RFC 4648 section 5), as in tokens and JSON Web Keys. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Decodes canonical base64url without padding; undefined if the text is anything else. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return encodeBase64Url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** An alphabet of base64, for reading and writing bytes. */
export interface Base64Alphabet {
  /** The byte of each of the 64 values. */
  readonly digits: Uint8Array;
  /** Both bytes of each of the 4096 values of two digits, the first one lower. */
  readonly pairs: Uint16Array;
  /** The value of each byte; 0 for those that are no digits. */
  readonly values: Uint8Array;
  /** Whether the last group is filled up with `=`. */
  readonly isPadded: boolean;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** RFC 4648 section 4, padded. */
export const standardAlphabet = madeOnce("+/", true);
/** RFC 4648 section 5, without padding. */
export const urlAlphabet = madeOnce("-_", false);
const PADDING = 0x3d;

/** Not before it is needed, since making it takes a part of a millisecond. */
function madeOnce(last: string, isPadded: boolean): () => Base64Alphabet {
  let made: Base64Alphabet | undefined;
  return () => made ??= alphabet(last, isPadded);
}

function alphabet(last: string, isPadded: boolean): Base64Alphabet {
  const digits = new TextEncoder().encode(DIGITS + last);
  const values = new Uint8Array(256);
  digits.forEach((digit, value) => values[digit] = value);
  const pairs = new Uint16Array(64 * 64);
  for (let value = 0; value < pairs.length; value++) {
    pairs[value] = digits[value >> 6]! | (digits[value & 63]! << 8);
  }
  return { digits, pairs, values, isPadded };
}

/** How many bytes base64 takes for `length` bytes. */
export function base64Length(length: number, { isPadded }: Base64Alphabet): number {
  return isPadded ? 4 * Math.ceil(length / 3) : Math.ceil(length * 4 / 3);
}

/**
 * Writes the bytes of `source` from `start` up to `end` in base64 into `target` at `at`. Gives where they
 * end. A loop of its own, since the runtime's functions make a string each time; four digits at once take a
 * third less time than one after the other.
 */
export function writeBase64(
  { digits, pairs, isPadded }: Base64Alphabet,
  source: Uint8Array,
  start: number,
  end: number,
  target: DataView,
  at: number,
): number {
  let i = start;
  for (; i + 2 < end; i += 3, at += 4) {
    const group = (source[i]! << 16) | (source[i + 1]! << 8) | source[i + 2]!;
    target.setUint32(at, pairs[group >> 12]! | (pairs[group & 4095]! << 16), true);
  }
  const left = end - i;
  if (left === 0) return at;
  const group = (source[i]! << 16) | (left === 2 ? source[i + 1]! << 8 : 0);
  target.setUint16(at, pairs[group >> 12]!, true);
  at += 2;
  if (left === 2) target.setUint8(at++, digits[(group >> 6) & 63]!);
  if (isPadded) {
    for (let missing = 3 - left; missing > 0; missing--) target.setUint8(at++, PADDING);
  }
  return at;
}

/**
 * Reads what `writeBase64` wrote: the bytes from `start` up to `end`, known to be canonical, into `target`
 * at `at`. Gives where the result ends.
 */
export function readBase64(
  { values }: Base64Alphabet,
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  let last = end;
  while (last > start && source[last - 1] === PADDING) last--;
  let i = start;
  for (; i + 3 < last; i += 4) {
    const group = (values[source[i]!]! << 18) | (values[source[i + 1]!]! << 12) |
      (values[source[i + 2]!]! << 6) | values[source[i + 3]!]!;
    target[at++] = group >> 16;
    target[at++] = group >> 8;
    target[at++] = group;
  }
  const left = last - i;
  if (left < 2) return at;
  const group = (values[source[i]!]! << 18) | (values[source[i + 1]!]! << 12) |
    (left === 3 ? values[source[i + 2]!]! << 6 : 0);
  target[at++] = group >> 16;
  if (left === 3) target[at++] = group >> 8;
  return at;
}
