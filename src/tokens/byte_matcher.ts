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

/** How many values a byte has. */
const BYTES = 256;
/** The state from which nothing matches any more. */
const DEAD = 0;
const FIRST = 1;
/** More than a sensible pattern needs, and 4 MB; a few nested alternatives can need exponentially many. */
const MAX_PAIRS = 1024 * 1024;

const compiled = new WeakMap<TokenPattern, ByteMatcher>();

/** The matcher of a pattern. Throws a `TypeError` if it has too many states: an adapter's bug. */
export function toByteMatcher(pattern: TokenPattern): ByteMatcher {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const matcher = matcherOf(determinize(new Nfa(parsePattern(pattern.body))));
  compiled.set(pattern, matcher);
  return matcher;
}

/** A deterministic automaton. Bytes that lead to the same state from every state are one class. */
interface Automaton {
  /** How many classes there are, and the class of each byte. */
  readonly classes: number;
  readonly classOf: Uint8Array;
  /** For each state an entry for each class: the state that follows. */
  readonly next: Uint32Array;
  /** Whether a text may end in a state: 1 or 0. */
  readonly accepting: Uint8Array;
}

/** Takes two bytes a step, since each step has to wait for the one before. */
function matcherOf({ classes, classOf, next, accepting }: Automaton): ByteMatcher {
  // for each state an entry for each two classes: where the entries of the state begin that follows
  const entries = classes * classes;
  const pairs = new Uint32Array(accepting.length * entries);
  for (let i = 0; i < pairs.length; i++) {
    const between = next[Math.floor(i / classes)]!;
    pairs[i] = entries * next[between * classes + i % classes]!;
  }
  const firstOf = Uint32Array.from(classOf, (each) => each * classes);
  return (bytes, start, end) => {
    let row = FIRST * entries;
    let i = start;
    for (; i + 1 < end; i += 2) {
      row = pairs[row + firstOf[bytes[i]!]! + classOf[bytes[i + 1]!]!]!;
      if (row === DEAD) return false;
    }
    const state = row / entries;
    return accepting[i < end ? next[state * classes + classOf[bytes[i]!]!]! : state] === 1;
  };
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

/** The deterministic automaton: each of its states is a set of states of `nfa`. */
function determinize(nfa: Nfa): Automaton {
  const { classOf, members } = classesOf(nfa);
  const classes = members.length;
  const maxStates = Math.floor(MAX_PAIRS / classes ** 2);
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [[]]; // the dead state
  const numberOf = (set: readonly number[]): number => {
    if (set.length === 0) return DEAD;
    const key = set.join(",");
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (sets.length === maxStates) {
      throw new TypeError("Cannot use the token pattern: it needs too many states");
    }
    numbers.set(key, sets.length);
    return sets.push(set) - 1;
  };
  numberOf(nfa.closure([nfa.start]));
  const next = members.map(() => DEAD);
  for (let state = FIRST; state < sets.length; state++) {
    const readers = sets[state]!.filter((each) => nfa.reads[each] !== undefined);
    for (const byte of members) {
      const taking = readers.filter((each) => nfa.reads[each]!.has(byte));
      next.push(numberOf(nfa.closure(taking.flatMap((each) => nfa.targets[each]!))));
    }
  }
  const accepting = Uint8Array.from(sets, (set) => set.includes(nfa.accept) ? 1 : 0);
  return { classes, classOf, next: Uint32Array.from(next), accepting };
}

/** The classes of bytes that the same states read, with a member of each. */
function classesOf(nfa: Nfa): { classOf: Uint8Array; members: readonly number[] } {
  const sets = [...new Set(nfa.reads.filter((each) => each !== undefined))];
  const numbers = new Map<string, number>();
  const members: number[] = [];
  const classOf = new Uint8Array(BYTES);
  for (let byte = 0; byte < BYTES; byte++) {
    const key = sets.map((set) => set.has(byte) ? 1 : 0).join("");
    if (!numbers.has(key)) numbers.set(key, members.push(byte) - 1);
    classOf[byte] = numbers.get(key)!;
  }
  return { classOf, members };
}
