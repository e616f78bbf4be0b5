/** What occurs several times in a batch travels once. */

/** What `convert` gives for each of the texts, in their places; null for null. */
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
