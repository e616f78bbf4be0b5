/** Settings that are numbers, durations, choices, or true or false, read from text. */
import { configFault } from "./config_error.ts";

/** A whole number from `min` to `max`; `fallback` if it is not set. Throws `ConfigError`. */
export function integer(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw configFault(name, `it is not a whole number from ${min} to ${max}`);
  }
  return value;
}

/** `true` or `false`; `fallback` if it is not set. Throws `ConfigError`. */
export function boolean(name: string, text: string | undefined, fallback = false): boolean {
  if (text === undefined) return fallback;
  if (text === "false") return false;
  if (text === "true") return true;
  throw configFault(name, "it is not one of true, false");
}

/** One of `choices`; `fallback` if it is not set. Throws `ConfigError`. */
export function choice<T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly T[],
  fallback: T,
): T {
  if (text === undefined) return fallback;
  const chosen = choices.find((each) => each === text);
  if (chosen !== undefined) return chosen;
  throw configFault(name, `it is not one of ${choices.join(", ")}`);
}

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A duration such as `6h` or `1h30m`, in milliseconds: whole numbers with the units d, h, m, s and ms.
 * `fallback` if it is not set; from `minMs` to `maxMs`. Throws `ConfigError`.
 */
export function durationMs(
  name: string,
  text: string | undefined,
  fallback: number,
  minMs: number,
  maxMs: number,
): number {
  if (text === undefined) return fallback;
  if (!/^(\d+(ms|[smhd]))+$/.test(text)) {
    throw configFault(name, 'it is not a duration such as "6h", "90s" or "1h30m"');
  }
  const ms = [...text.matchAll(/(\d+)(ms|[smhd])/g)]
    .reduce(
      (sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS],
      0,
    );
  if (ms >= minMs && ms <= maxMs) return ms;
  throw configFault(name, `it is not from ${inWords(minMs)} to ${inWords(maxMs)}`);
}

/** A duration in the largest unit that divides it. */
function inWords(ms: number): string {
  const [unit, size] =
    Object.entries(UNITS_MS).findLast(([, size]) => ms % size === 0 && ms >= size) ??
      ["s", 1000];
  return `${ms / size}${unit}`;
}
