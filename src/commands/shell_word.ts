/** Commands to copy, for a POSIX shell. */

/** The text as one word: in single quotes unless it needs none. */
export function shellWord(text: string): string {
  return /^[\w.,:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
