/** Text that stays one line of a log or a terminal, and says what it seems to say. */

/**
 * Control characters, which end a line or command a terminal (ESC and the C1 controls); line and
 * paragraph separators; and the marks that change the direction of text (Unicode Standard Annex #9).
 */
// deno-lint-ignore no-control-regex -- these are what it is for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The text with such characters written out, as JSON and JavaScript write them: `\u001b`. JSON stays
 * the same JSON, if it is formatted on one line.
 */
export function oneLine(text: string): string {
  return text.replace(
    CONTROLS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
