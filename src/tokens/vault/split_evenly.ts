/** How a batch is divided among requests. */

/** What a part may have. */
export interface PartLimits {
  readonly mostItems: number;
  /** A single item may have more. */
  readonly mostBytes: number;
  /** What an item has beside its text, in bytes. */
  readonly bytesBeside: number;
}

/** The texts in as few parts as can be, of about the same number, in order. */
export function splitEvenly(
  texts: readonly string[],
  { mostItems, mostBytes, bytesBeside }: PartLimits,
): readonly (readonly string[])[] {
  const items = Math.ceil(texts.length / Math.max(1, Math.ceil(texts.length / mostItems)));
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const text of texts) {
    const own = text.length + bytesBeside;
    const isFull = parts.at(-1)!.length === items || bytes + own > mostBytes;
    if (isFull && parts.at(-1)!.length > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(text);
    bytes += own;
  }
  return parts;
}
