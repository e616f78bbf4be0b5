/**
 * SASLprep: one form for passwords that look the same, such as with composed and decomposed letters.
 *
 * Source: RFC 4013, as PostgreSQL applies it, src/common/saslprep.c: to a password that is not ASCII alone,
 * and one that it does not allow is taken as it is.
 */
import {
  isIn,
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  PROHIBITED,
  RIGHT_TO_LEFT,
  SPACES,
  UNASSIGNED,
} from "./saslprep_tables.ts";

/** The password in that form. */
export function saslPrep(password: string): string {
  // deno-lint-ignore no-control-regex -- ASCII has control characters
  if (/^[\x00-\x7f]*$/.test(password)) return password;
  const mapped = [...password].flatMap((character) => {
    const code = character.codePointAt(0)!;
    if (isIn(SPACES, code)) return [" "];
    return isIn(MAPPED_TO_NOTHING, code) ? [] : [character];
  });
  return isAllowed(mapped) ? mapped.join("").normalize("NFKC") : password;
}

function isAllowed(characters: readonly string[]): boolean {
  const codes = characters.map((character) => character.codePointAt(0)!);
  if (codes.length === 0) return false;
  if (codes.some((code) => isIn(PROHIBITED, code) || isIn(UNASSIGNED, code))) return false;
  const isRightToLeft = (code: number) => isIn(RIGHT_TO_LEFT, code);
  if (!codes.some(isRightToLeft)) return true;
  return isRightToLeft(codes[0]!) && isRightToLeft(codes.at(-1)!) &&
    !codes.some((code) => isIn(LEFT_TO_RIGHT, code));
}
