/** Which texts of a column are meant, told by what tokens look like. */
import { toJavaScript, type TokenPattern } from "./token_pattern.ts";

/** Texts that match one of `among`, and none of `except`. NULL is no text, and never selected. */
export interface Selection {
  /** Left out, it is any text. */
  readonly among?: readonly TokenPattern[];
  readonly except: readonly TokenPattern[];
}

/** The test in JavaScript. */
export function toPredicate({ among, except }: Selection): (text: string) => boolean {
  const [wanted, unwanted] = [among?.map(toJavaScript), except.map(toJavaScript)];
  const matches = (patterns: readonly RegExp[], text: string) =>
    patterns.some((pattern) => pattern.test(text));
  return (text) => !matches(unwanted, text) && (wanted === undefined || matches(wanted, text));
}

/** The patterns, each once. */
export function uniquePatterns(patterns: readonly TokenPattern[]): readonly TokenPattern[] {
  return [...new Map(patterns.map((pattern) => [pattern.body, pattern])).values()];
}
