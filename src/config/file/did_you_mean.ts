/** The known name that a wrong one is probably meant to be. */

/** The most similar of `known`, or undefined if none is similar. */
export function didYouMean(wrong: string, known: readonly string[]): string | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll("-", "_");
  const distances = known.map((name) => [editDistance(plain(wrong), plain(name)), name] as const);
  const [best] = distances.toSorted(([a], [b]) => a - b);
  if (best === undefined) return undefined;
  const [distance, name] = best;
  return distance <= Math.max(1, Math.floor(wrong.length / 4)) ? name : undefined;
}

/** How many characters must be inserted, deleted or replaced: Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced));
    }
    row = next;
  }
  return row[b.length]!;
}
