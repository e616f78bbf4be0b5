/** Which texts of a column are selected, by what tokens look like. */
import { toJavaScript, type TokenPattern } from "./token_pattern.ts";

/** Texts that match one of `include`, and none of `exclude`. NULL is never selected. */
export interface Selection {
  /** Any text if omitted. */
  readonly include?: readonly TokenPattern[];
  readonly exclude: readonly TokenPattern[];
}

/** The selection as a JavaScript function. */
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
