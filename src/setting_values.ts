/** Settings that are numbers, and those that are true or false, read from text. */
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
