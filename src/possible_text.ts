/** Text that neither a database nor DataHub can hold. */

/** Whether it can be stored: it has no half of a surrogate pair, of which UTF-8 has none, and no NUL. */
export function isPossibleText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
