/**
 * Tells keys that cannot have come from a random generator: a passphrase, a hexadecimal number that
 * was not decoded, an example's bytes. None of the checks refuses more than one random key of 32
 * bytes in 10^13.
 */

/** Of 32 random bytes about 30 are different, and fewer than 16 once in 10^15 times. */
const LEAST_DISTINCT = 16;

/** Why a key of 32 bytes or more is weak; undefined where nothing speaks against it. */
export function weaknessOf(key: Uint8Array): string | undefined {
  const steps = key.subarray(1).map((byte, i) => byte - key[i]!);
  if (new Set(key).size < LEAST_DISTINCT) return "it has too few different bytes";
  if (new Set(steps).size < LEAST_DISTINCT) return "its bytes follow each other in regular steps";
  if (isRepetition(key)) return "it repeats itself";
  if (key.every((byte) => byte >= 0x20 && byte < 0x7f)) return "it is text, not random bytes";
  return undefined;
}

/** Whether the key's second half, or more of it, is the beginning over again. */
function isRepetition(key: Uint8Array): boolean {
  for (let period = 1; period <= key.length / 2; period++) {
    if (key.every((byte, i) => byte === key[i % period])) return true;
  }
  return false;
}
