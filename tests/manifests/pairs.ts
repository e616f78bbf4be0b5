/** Combinations of switches in which every two positions of every two switches come together. */

/** The position of each switch, by the switch's number. */
type Combination = number[];

/**
 * Gives combinations of switches of so many positions each, few of them, that cover all pairs. Most
 * faults of configurations come from one switch or from two together.
 */
export function coverPairs(positions: readonly number[]): Combination[] {
  const open = new Set<string>();
  for (let a = 0; a < positions.length; a++) {
    for (let b = a + 1; b < positions.length; b++) {
      for (let i = 0; i < positions[a]!; i++) {
        for (let j = 0; j < positions[b]!; j++) open.add(`${a},${i},${b},${j}`);
      }
    }
  }
  const combinations: Combination[] = [];
  while (open.size > 0) {
    const combination = nextCombination(positions, open);
    for (const pair of pairsOf(combination)) open.delete(pair);
    combinations.push(combination);
  }
  return combinations;
}

/** From an open pair on, each switch to where it closes most. */
function nextCombination(positions: readonly number[], open: ReadonlySet<string>): Combination {
  const [first] = open;
  const [a, i, b, j] = first!.split(",").map(Number) as [number, number, number, number];
  const combination: (number | undefined)[] = positions.map(() => undefined);
  combination[a] = i;
  combination[b] = j;
  for (const [k, count] of positions.entries()) {
    if (combination[k] !== undefined) continue;
    const gains = Array.from({ length: count }, (_, position) => {
      const tried = combination.with(k, position);
      return pairsOf(tried).filter((pair) => open.has(pair)).length;
    });
    combination[k] = gains.indexOf(Math.max(...gains));
  }
  return combination as Combination;
}

function pairsOf(combination: readonly (number | undefined)[]): string[] {
  const pairs: string[] = [];
  for (const [a, i] of combination.entries()) {
    for (let b = a + 1; b < combination.length; b++) {
      if (i !== undefined && combination[b] !== undefined) {
        pairs.push(`${a},${i},${b},${combination[b]}`);
      }
    }
  }
  return pairs;
}
