/**
 * Many texts in one array of bytes, so that no object is made for each of them; and what turns a function
 * over texts into one over packed texts, and the reverse, so that an SDK needs only one of the two.
 */

/** Texts in UTF-8, one after another. */
export interface PackedTexts {
  /** The bytes of all texts, and nothing else. */
  readonly bytes: Uint8Array;
  /** Where each text ends in `bytes`. The first begins at 0, every other where the one before it ends. */
  readonly ends: Uint32Array;
}

/** Packed texts of which some are null. */
export interface PackedResults extends PackedTexts {
  /** The numbers of the texts that are null, ascending. They have no bytes. */
  readonly nulls: readonly number[];
}

/** Computes something of each text, in the same order and number; null for none. */
export type TextFunction<C, T extends string | null> = (
  texts: readonly string[],
  context: C,
) => T[] | Promise<T[]>;

/** The same of packed texts, which it does not change. */
export type BytesFunction<C, P extends PackedTexts> = (
  texts: PackedTexts,
  context: C,
) => P | Promise<P>;

const MAX_BYTES_PER_UNIT = 3;
/** Texts that may take more are encoded apart, so that room is made for no more than they take. */
const MAX_SHORT_BYTES = 16 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Packs texts. Lone surrogates become U+FFFD. */
export function packTexts(texts: readonly string[]): PackedTexts {
  const units = texts.reduce((sum, { length }) => sum + length, 0);
  let bytes = new Uint8Array(units + MAX_SHORT_BYTES); // enough if all is ASCII
  const ends = new Uint32Array(texts.length);
  let end = 0;
  const ensure = (length: number) => {
    if (end + length > bytes.length) {
      bytes = grown(bytes, end, Math.max(end + length, 2 * bytes.length));
    }
  };
  texts.forEach((text, i) => {
    if (text.length * MAX_BYTES_PER_UNIT <= MAX_SHORT_BYTES) {
      ensure(text.length * MAX_BYTES_PER_UNIT);
      end += encoder.encodeInto(text, bytes.subarray(end)).written;
    } else {
      const encoded = encoder.encode(text);
      ensure(encoded.length);
      bytes.set(encoded, end);
      end += encoded.length;
    }
    ends[i] = end;
  });
  return { bytes: bytes.subarray(0, end), ends };
}

/** A larger array with the first `used` bytes of `bytes`. */
function grown(bytes: Uint8Array, used: number, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes.subarray(0, used));
  return larger;
}

/** Packs texts of which some may be null. */
export function packResults(texts: readonly (string | null)[]): PackedResults {
  const { bytes, ends } = packTexts(texts.map((text) => text ?? ""));
  return { bytes, ends, nulls: [...texts.keys()].filter((i) => texts[i] === null) };
}

/** The texts. Bytes that are not UTF-8 become U+FFFD. */
export function unpackTexts({ bytes, ends }: PackedTexts): string[] {
  const whole = decoder.decode(bytes);
  const isAscii = whole.length === bytes.length; // every other character has fewer units than bytes
  const textOf = (start: number, end: number) =>
    isAscii ? whole.slice(start, end) : decoder.decode(bytes.subarray(start, end));
  return Array.from(ends, (end, i) => textOf(startOf(ends, i), end));
}

/** The texts, and null where there is none. */
export function unpackResults(packed: PackedResults): (string | null)[] {
  const texts: (string | null)[] = unpackTexts(packed);
  for (const i of packed.nulls) texts[i] = null;
  return texts;
}

/** Only the texts that are not null. */
export function dropNulls({ bytes, ends, nulls }: PackedResults): PackedTexts {
  if (nulls.length === 0) return { bytes, ends };
  const dropped = new Set(nulls);
  return { bytes, ends: ends.filter((_, i) => !dropped.has(i)) };
}

/** The texts with nulls among them: the reverse of `dropNulls`. */
export function insertNulls({ bytes, ends }: PackedTexts, nulls: readonly number[]): PackedResults {
  if (nulls.length === 0) return { bytes, ends, nulls };
  const inserted = new Set(nulls);
  const all = new Uint32Array(ends.length + nulls.length);
  for (let i = 0, next = 0; i < all.length; i++) {
    all[i] = inserted.has(i) ? startOf(ends, next) : ends[next++]!;
  }
  return { bytes, ends: all, nulls };
}

/** The texts, with null in the place of some. */
export function replaceByNulls(
  { bytes, ends }: PackedTexts,
  nulls: readonly number[],
): PackedResults {
  if (nulls.length === 0) return { bytes, ends, nulls };
  const replaced = new Set(nulls);
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  const keptEnds = ends.map((end, i) => {
    if (replaced.has(i)) return length;
    kept.set(bytes.subarray(startOf(ends, i), end), length);
    return length += end - startOf(ends, i);
  });
  return { bytes: kept.subarray(0, length), ends: keptEnds, nulls };
}

/** Where text `i` begins. */
export function startOf(ends: Uint32Array, i: number): number {
  return i === 0 ? 0 : ends[i - 1]!;
}

/** `convert` as a function over texts. */
export function overTexts<C>(
  convert: BytesFunction<C, PackedTexts>,
): TextFunction<C, string> {
  return (texts, context) => then(convert(packTexts(texts), context), unpackTexts);
}

/** The same for a function whose results may be null. */
export function overNullableTexts<C>(
  convert: BytesFunction<C, PackedResults>,
): TextFunction<C, string | null> {
  return (texts, context) => then(convert(packTexts(texts), context), unpackResults);
}

/** `convert` as a function over packed texts. */
export function overBytes<C>(
  convert: TextFunction<C, string | null>,
): BytesFunction<C, PackedResults> {
  return (texts, context) => then(convert(unpackTexts(texts), context), packResults);
}

/** `use` of the result, at once if it is there. */
function then<T, R>(result: T | Promise<T>, use: (result: T) => R): R | Promise<R> {
  return result instanceof Promise ? result.then(use) : use(result);
}
