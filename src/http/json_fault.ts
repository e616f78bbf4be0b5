/**
 * What JSON may say in more than one way, or not at all: names that come twice in an object, of which
 * programs take the first or the last one, and text that is none. A proxy that decides by what it reads in
 * a body and the program behind it are to read the same.
 *
 * Source: RFC 7493, "The I-JSON Message Format", sections 2.1 and 2.3.
 */
import { isPossibleText } from "../possible_text.ts";

/** Why a text that `JSON.parse` takes is not clear; undefined if it is. Never names what it holds. */
export function jsonFault(text: string): string | undefined {
  /** Of each object and array around the place, innermost last: its names so far, or undefined. */
  const around: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "{" || char === "[") {
      around.push(char === "{" ? new Set() : undefined);
      isName = char === "{";
    } else if (char === "}" || char === "]") {
      around.pop();
    } else if (char === ",") {
      isName = around.at(-1) !== undefined;
    } else if (char === '"') {
      const end = endOfString(text, i);
      const value = stringIn(text.slice(i, end));
      if (!isPossibleText(value)) {
        return "it holds half of a surrogate pair or a NUL, which no text has";
      }
      const names = around.at(-1);
      if (isName && names?.has(value)) return "a name comes twice in an object";
      if (isName) names?.add(value);
      isName = false;
      i = end - 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` is over. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}

function stringIn(literal: string): string {
  return literal.includes("\\") ? JSON.parse(literal) as string : literal.slice(1, -1);
}
