/** The literal texts that tokens begin with: comparing them first saves most regular expressions. */
import { parsePattern, type PatternNode } from "./pattern_syntax.ts";
import type { TokenPattern } from "./token_pattern.ts";

/** More are no quicker to compare than the pattern; and a class of more bytes ends a prefix. */
const MAX_PREFIXES = 16;
const MAX_CLASS_BYTES = 4;

/** How a match may begin. */
interface Beginning {
  readonly text: string;
  /** Whether the text is all that the piece of the pattern matches. */
  readonly isWhole: boolean;
}

const ANYTHING: readonly Beginning[] = [{ text: "", isWhole: false }];

const known = new WeakMap<TokenPattern, readonly string[]>();

/**
 * Texts with one of which every match begins; the empty text alone if there are none. None of them begins
 * with another.
 */
export function literalPrefixes(pattern: TokenPattern): readonly string[] {
  const prefixes = known.get(pattern) ?? findPrefixes(pattern);
  known.set(pattern, prefixes);
  return prefixes;
}

function findPrefixes({ body }: TokenPattern): readonly string[] {
  return shortest(beginningsOf(parsePattern(body)).map(({ text }) => text));
}

/** Each text once, without those that begin with another. */
function shortest(texts: readonly string[]): readonly string[] {
  const unique = [...new Set(texts)];
  return unique.filter((text) => !unique.some((other) => other !== text && text.startsWith(other)));
}

/** At most `count` texts, with one of which each of `texts` begins: as long as that allows. */
export function shorten(texts: readonly string[], count: number): readonly string[] {
  let few = shortest(texts);
  for (let length = Math.max(...few.map(({ length }) => length)); few.length > count; length--) {
    few = shortest(few.map((text) => text.slice(0, length)));
  }
  return few;
}

/** Whether a text may match both; false only if their literal prefixes rule it out. */
export function mayOverlap(one: TokenPattern, other: TokenPattern): boolean {
  const others = literalPrefixes(other);
  return literalPrefixes(one).some((first) =>
    others.some((second) => first.startsWith(second) || second.startsWith(first))
  );
}

/** The longest text with which all of `texts` begin. */
export function commonPrefix(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  let length = first.length;
  while (!others.every((other) => other.startsWith(first.slice(0, length)))) length--;
  return first.slice(0, length);
}

function beginningsOf(node: PatternNode): readonly Beginning[] {
  switch (node.kind) {
    case "bytes":
      if (node.bytes.size > MAX_CLASS_BYTES) return ANYTHING;
      return Array.from(node.bytes, (byte) => ({ text: String.fromCharCode(byte), isWhole: true }));
    case "choice": {
      const all = node.parts.flatMap(beginningsOf);
      return all.length > MAX_PREFIXES ? ANYTHING : all;
    }
    case "sequence":
      return inSequence(node.parts);
    case "repeat": {
      const required = inSequence(Array.from({ length: node.min }, () => node.part));
      return node.min === node.max ? required : required.map(open);
    }
  }
}

function inSequence(parts: readonly PatternNode[]): readonly Beginning[] {
  let found: readonly Beginning[] = [{ text: "", isWhole: true }];
  for (const part of parts) {
    if (!found.some(({ isWhole }) => isWhole)) break;
    const next = beginningsOf(part);
    const longer = found.flatMap((each) =>
      each.isWhole ? next.map(({ text, isWhole }) => ({ text: each.text + text, isWhole })) : [each]
    );
    if (longer.length > MAX_PREFIXES) return found.map(open);
    found = longer;
  }
  return found;
}

function open({ text }: Beginning): Beginning {
  return { text, isWhole: false };
}
