/** The marks of results, for every command: what is well, what is not, what should be otherwise. */
import { hasColoredOutput } from "../standard_streams.ts";

/** The marks, by what they say. */
export const MARKS = { ok: "✓", advice: "!", failed: "✗", not_checked: "–" } as const;

/** Their colors, as numbers of ECMA-48's "Select Graphic Rendition": green, yellow, red, faint. */
const COLORS: Readonly<Record<string, number>> = {
  [MARKS.ok]: 32,
  [MARKS.advice]: 33,
  [MARKS.failed]: 31,
  [MARKS.not_checked]: 2,
};

/** A mark at the beginning of a line, or of a value in a table. */
const MARK = new RegExp(`(^ *|  )([${Object.values(MARKS).join("")}])(?= )`);

/** The line with its mark in color, if results are to have colors. */
export function withColoredMark(line: string): string {
  if (!hasColoredOutput()) return line;
  return line.replace(MARK, (_, before, mark) => `${before}\x1b[${COLORS[mark]}m${mark}\x1b[0m`);
}
