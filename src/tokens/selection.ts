/** Which texts of a column are meant, told by what tokens look like. */
import { toJavaScript, type TokenPattern } from "./token_pattern.ts";

/** Texts that match one of `include`, and none of `exclude`. NULL is no text, and never selected. */
export interface Selection {
  /** Left out, it is any text. */
  readonly include?: readonly TokenPattern[];
  readonly exclude: readonly TokenPattern[];
}

/** The test in JavaScript. */
export function toPredicate({ include, exclude }: Selection): (text: string) => boolean {
  const [wanted, unwanted] = [include?.map(toJavaScript), exclude.map(toJavaScript)];
  const matches = (patterns: readonly RegExp[], text: string) =>
    patterns.some((pattern) => pattern.test(text));
  return (text) => !matches(unwanted, text) && (wanted === undefined || matches(wanted, text));
}

/** The patterns, each once. */
export function uniquePatterns(patterns: readonly TokenPattern[]): readonly TokenPattern[] {
  return [...new Map(patterns.map((pattern) => [pattern.body, pattern])).values()];
}
