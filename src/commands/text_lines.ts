/** The lines of results for people. */
import { oneLine } from "../one_line.ts";
import { textWidth, writeOutput } from "../standard_streams.ts";
import { withColoredMark } from "./marks.ts";
import { wrap } from "./wrap.ts";

/** A line to be copied, which is not broken whatever the width of the terminal. */
export class Whole {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a person reads. */
export type Line = string | Whole;

/**
 * Prints a result for a person on standard output: on a terminal not wider than that, and with marks in
 * color if they are to have one. Throws `UnwritableOutput`.
 */
export function printText(lines: readonly Line[]): void {
  const width = textWidth();
  const fitting = lines.flatMap((line) =>
    line instanceof Whole ? [oneLine(line.text)] : wrap(oneLine(line), width)
  );
  writeOutput(fitting.map((line) => `${withColoredMark(line)}\n`).join(""));
}

/** Two columns, aligned, a row a line. */
export function table(rows: readonly (readonly [string, Line])[]): Line[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => {
    const beginning = `${name.padEnd(width)}  `;
    return value instanceof Whole ? new Whole(beginning + value.text) : beginning + value;
  });
}
