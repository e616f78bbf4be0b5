/** What travels of a batch, and in how many requests. */

/**
 * The result of `convert` for each of the texts, in their places; null for null. A text that occurs
 * several times is passed to `convert` once.
 */
export async function eachOnce(
  texts: readonly (string | null)[],
  convert: (once: readonly string[]) => Promise<readonly (string | null)[]>,
): Promise<(string | null)[]> {
  const places = new Map<string, number>();
  for (const text of texts) {
    if (text !== null && !places.has(text)) places.set(text, places.size);
  }
  if (places.size === 0) return texts.map(() => null);
  const converted = await convert([...places.keys()]);
  return texts.map((text) => text === null ? null : converted[places.get(text)!]!);
}

/** The limits of a part. */
export interface PartLimits {
  readonly maxItems: number;
  /** A single item may have more. */
  readonly maxBytes: number;
  /** What an item has besides its text, in bytes. */
  readonly extraBytes: number;
}

/** Divides the texts into as few parts as possible, of about the same number, in order. */
export function splitEvenly(
  texts: readonly string[],
  { maxItems, maxBytes, extraBytes }: PartLimits,
): readonly (readonly string[])[] {
  const items = Math.ceil(texts.length / Math.max(1, Math.ceil(texts.length / maxItems)));
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const text of texts) {
    const own = text.length + extraBytes;
    const isFull = parts.at(-1)!.length === items || bytes + own > maxBytes;
    if (isFull && parts.at(-1)!.length > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(text);
    bytes += own;
  }
  return parts;
}
