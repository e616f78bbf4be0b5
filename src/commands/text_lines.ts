/** The lines of results for people. */

/** A line to be copied, which is not broken whatever the width of the terminal. */
export class Whole {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a person reads. */
export type Line = string | Whole;

/** Two columns, aligned, a row a line. */
export function table(rows: readonly (readonly [string, Line])[]): Line[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => {
    const beginning = `${name.padEnd(width)}  `;
    return value instanceof Whole ? new Whole(beginning + value.text) : beginning + value;
  });
}
