/** Breaks lines of results at the width of a terminal, under what they belong to. */
import { MARKS } from "./marks.ts";

/** Less than this is too narrow for a column of its own. */
const MIN_COLUMN = 20;

const BEGINNING = new RegExp(`^ *([→${Object.values(MARKS).join("")}] )?`);

/** The line, or the lines that it takes; a word that is longer than a line stays whole. */
export function wrap(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line];
  const indent = hangingIndent(line, width);
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const from = lines.length === 0 ? firstBreak(line, indent) : indent;
    const within = rest.lastIndexOf(" ", width);
    const at = within > from ? within : rest.indexOf(" ", Math.max(width, from));
    if (at === -1) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = " ".repeat(indent) + rest.slice(at + 1).trimStart();
  }
  return [...lines, rest];
}

/** Where further lines begin: under the last column, if that leaves room, else under the text. */
function hangingIndent(line: string, width: number): number {
  const columns = [...line.matchAll(/\S( {2,})(?=\S)/g)];
  const last = columns.at(-1);
  const column = last === undefined ? 0 : last.index + last[0].length;
  if (column > 0 && width - column >= MIN_COLUMN) return column;
  const [beginning, mark] = BEGINNING.exec(line)!;
  return mark === undefined ? beginning.length + 2 : beginning.length;
}

/** Before this, a line is not broken: it would be empty. */
function firstBreak(line: string, indent: number): number {
  return Math.max(line.search(/\S/), Math.min(indent, line.length)) + 1;
}
