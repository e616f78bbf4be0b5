/** The known name that a wrong one is probably meant to be. */

/** The most similar of `known`, or undefined if none is similar. */
export function didYouMean(wrong: string, known: readonly string[]): string | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll("-", "_");
  const most = Math.max(1, Math.floor(wrong.length / 4));
  // the distance is no less than this, and costs much more where there are many long names
  const near = known.filter((name) => Math.abs(name.length - wrong.length) <= most);
  const distances = near.map((name) => [editDistance(plain(wrong), plain(name)), name] as const);
  const [best] = distances.toSorted(([a], [b]) => a - b);
  if (best === undefined) return undefined;
  const [distance, name] = best;
  return distance <= most ? name : undefined;
}

/** The question behind a message about the wrong name; empty if nothing is similar. */
export function hintAt(meant: string | undefined): string {
  return meant === undefined ? "" : `: did you mean "${meant}"?`;
}

/**
 * How many characters must be inserted, deleted or replaced, or swapped with their neighbours: the distance of
 * Damerau and Levenshtein, in its restricted form.
 */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced, swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
