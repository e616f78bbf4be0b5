/** What tokens are bound to, by docs/token-format.md, "The binding". */
import type { Scope } from "./token_form.ts";

/** Where the texts of a column are. */
export interface Place {
  readonly platform: string;
  /** The names of database (or catalog), schema and table. */
  readonly path: readonly string[];
  readonly column: string;
}

/** The binding of tokens of `aes-siv` in that scope and place. */
export function sivBinding(scope: Scope, place: Place): Uint8Array<ArrayBuffer> {
  const version = scope === "global" ? "tk1" : "tk2";
  return encodeTexts([`tokenize-action ${version} aes-siv`, ...scoped(scope, place)]);
}

/** The binding of tokens of `vault-transit`. */
export function vaultBinding(scope: Scope, place: Place): Uint8Array<ArrayBuffer> {
  return encodeTexts(["tokenize-action vault-transit", ...scoped(scope, place)]);
}

function scoped(scope: Scope, { platform, path, column }: Place): string[] {
  if (scope === "global") return [scope];
  const dataset = [scope, platform, ...path];
  return scope === "dataset" ? dataset : [...dataset, column];
}

/** The number of texts, then of each its length and its UTF-8; numbers have 64 bits, little-endian. */
function encodeTexts(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const pieces = texts.flatMap((text) => {
    const bytes = encoder.encode(text);
    return [number(bytes.length), bytes];
  });
  const bytes: number[] = [];
  for (const piece of [number(texts.length), ...pieces]) bytes.push(...piece);
  return Uint8Array.from(bytes);
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
