/**
 * Recognises tokens in bytes: a token's pattern as a deterministic automaton, which reads each byte once
 * and makes no string. It accepts exactly what `toJavaScript` does.
 *
 * Source: Aho, Lam, Sethi, Ullman, "Compilers", algorithms 3.23 (Thompson) and 3.20 (subset construction).
 */
import { parsePattern, type PatternNode } from "./pattern_syntax.ts";
import type { TokenPattern } from "./token_pattern.ts";

/** Whether the bytes from `start` up to `end` are a token as a whole. */
export type ByteMatcher = (bytes: Uint8Array, start: number, end: number) => boolean;

/** How many values a byte has: each state has a row of as many entries in the table. */
const BYTES = 256;
/** The state from which nothing matches any more. */
const DEAD = 0;
const FIRST = 1;
/** More than a sensible pattern needs, and 4 MB; a few nested alternatives can need exponentially many. */
const MAX_STATES = 4_000;

const compiled = new WeakMap<TokenPattern, ByteMatcher>();

/** The matcher of a pattern. Throws a `TypeError` if it has too many states: an adapter's bug. */
export function toByteMatcher(pattern: TokenPattern): ByteMatcher {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const { next, accepting } = determinize(new Nfa(parsePattern(pattern.body)));
  const matcher: ByteMatcher = (bytes, start, end) => {
    let row = FIRST * BYTES;
    for (let i = start; i < end; i++) {
      row = next[row + bytes[i]!]!;
      if (row === DEAD) return false;
    }
    return accepting[row / BYTES] === 1;
  };
  compiled.set(pattern, matcher);
  return matcher;
}

/** A nondeterministic automaton. Each state either reads one of some bytes, or leads on without. */
class Nfa {
  readonly accept: number;
  readonly start: number;
  /** The bytes that a state reads, by its number; undefined if it reads none. */
  readonly reads: (ReadonlySet<number> | undefined)[] = [];
  /** Where each state leads. */
  readonly targets: number[][] = [];

  constructor(pattern: PatternNode) {
    this.accept = this.#state([]);
    this.start = this.#build(pattern, this.accept);
  }

  /** The states that are reached from `states` without reading, with these, in order. */
  closure(states: Iterable<number>): number[] {
    const reached = new Set(states);
    for (const state of reached) {
      if (this.reads[state] !== undefined) continue;
      for (const target of this.targets[state]!) reached.add(target);
    }
    return [...reached].sort((one, other) => one - other);
  }

  #state(targets: number[], reads?: ReadonlySet<number>): number {
    this.reads.push(reads);
    return this.targets.push(targets) - 1;
  }

  /** The state from which what `node` matches leads to `next`. */
  #build(node: PatternNode, next: number): number {
    switch (node.kind) {
      case "bytes":
        return this.#state([next], node.bytes);
      case "sequence":
        return node.parts.reduceRight((after, part) => this.#build(part, after), next);
      case "choice":
        return this.#state(node.parts.map((part) => this.#build(part, next)));
      case "repeat":
        return this.#repeat(node.part, node.min, node.max, next);
    }
  }

  #repeat(part: PatternNode, min: number, max: number, next: number): number {
    let start = next;
    if (max === Infinity) {
      start = this.#state([next]);
      this.targets[start]!.push(this.#build(part, start));
    } else {
      for (let i = min; i < max; i++) start = this.#state([next, this.#build(part, start)]);
    }
    for (let i = 0; i < min; i++) start = this.#build(part, start);
    return start;
  }
}

/**
 * The deterministic automaton: each of its states is a set of states of `nfa`. `next` has a row for each
 * state with an entry for each byte: where the row of the state begins that follows.
 */
function determinize(nfa: Nfa): { next: Uint32Array; accepting: Uint8Array } {
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [[]]; // the dead state
  const numberOf = (set: readonly number[]): number => {
    if (set.length === 0) return DEAD;
    const key = set.join(",");
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (sets.length === MAX_STATES) {
      throw new TypeError("Cannot use the token pattern: it needs too many states");
    }
    numbers.set(key, sets.length);
    return sets.push(set) - 1;
  };
  numberOf(nfa.closure([nfa.start]));
  const rows: Uint32Array[] = [new Uint32Array(BYTES)];
  for (let state = FIRST; state < sets.length; state++) {
    const row = new Uint32Array(BYTES);
    const readers = sets[state]!.filter((each) => nfa.reads[each] !== undefined);
    const byTargets = new Map<string, number>(); // most bytes lead to the same few sets
    for (let byte = 0; byte < BYTES; byte++) {
      const taking = readers.filter((each) => nfa.reads[each]!.has(byte));
      const key = taking.join(",");
      let target = byTargets.get(key);
      if (target === undefined) {
        target = BYTES * numberOf(nfa.closure(taking.flatMap((each) => nfa.targets[each]!)));
        byTargets.set(key, target);
      }
      row[byte] = target;
    }
    rows.push(row);
  }
  const next = new Uint32Array(rows.length * BYTES);
  rows.forEach((row, state) => next.set(row, state * BYTES));
  return { next, accepting: Uint8Array.from(sets, (set) => set.includes(nfa.accept) ? 1 : 0) };
}
