/**
 * Recognises keys that a random generator cannot have made: a passphrase, hexadecimal digits that were
 * not decoded, the bytes of an example. Each check refuses at most one in 10^13 random keys of 32 bytes.
 */

/** Of 32 random bytes about 30 are distinct; fewer than 16 are once in 10^15 times. */
const MIN_DISTINCT = 16;

/** Why a key of 32 bytes or more is weak; undefined if no weakness is found. */
export function weaknessOf(key: Uint8Array): string | undefined {
  const steps = key.subarray(1).map((byte, i) => byte - key[i]!);
  if (new Set(key).size < MIN_DISTINCT) return "it has too few distinct bytes";
  if (new Set(steps).size < MIN_DISTINCT) return "its bytes follow each other in regular steps";
  if (isRepetition(key)) return "it repeats itself";
  if (key.every((byte) => byte >= 0x20 && byte < 0x7f)) return "it is text, not random bytes";
  return undefined;
}

/** Whether the key is a repetition of its first half, or of less. */
function isRepetition(key: Uint8Array): boolean {
  for (let period = 1; period <= key.length / 2; period++) {
    if (key.every((byte, i) => byte === key[i % period])) return true;
  }
  return false;
}
