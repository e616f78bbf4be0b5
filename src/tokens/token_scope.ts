/**
 * How far equal values get equal tokens: everywhere, or only within a dataset or a column; and how the
 * place is bound into what a keyed SDK computes.
 */
import { configFault } from "../config_error.ts";
import type { SettingsReader, TokenContext, TokenScope } from "./token_sdk.ts";

export type { TokenScope };

/** The variable that names the scope. */
export const SCOPE_VARIABLE = "TOKEN_CONTEXT";

/** Each scope, with its letter in tokens. */
const SCOPE_LETTERS: Readonly<Record<TokenScope, string>> = {
  global: "g",
  dataset: "d",
  column: "c",
};

/** Every scope. */
export const TOKEN_SCOPES = Object.keys(SCOPE_LETTERS) as readonly TokenScope[];

/** The scope's letter in tokens. */
export function scopeLetter(scope: TokenScope): string {
  return SCOPE_LETTERS[scope];
}

/** The configured scope; `global` by default. Throws `ConfigError`. */
export function readScope(read: SettingsReader): TokenScope {
  const wanted = read.variable(SCOPE_VARIABLE) ?? "global";
  const scope = TOKEN_SCOPES.find((each) => each === wanted);
  if (scope !== undefined) return scope;
  const reason = `it is not one of ${TOKEN_SCOPES.join(", ")}`;
  throw configFault(SCOPE_VARIABLE, reason);
}

/**
 * What a computation is bound to: the SDK and the format (so that one SDK's results mean nothing to
 * another, even with the same key), the scope, and as much of the place as the scope says. Each part of
 * a name is a part of its own, so that `"a.b".c` and `a."b.c"` differ.
 */
export function bindingOf(
  domain: string,
  scope: TokenScope,
  { platform, dataset, column }: TokenContext,
): Uint8Array<ArrayBuffer> {
  const place = {
    global: [],
    dataset: [platform, ...dataset],
    column: [platform, ...dataset, column],
  };
  return encodeParts([domain, scope].concat(place[scope]));
}

/**
 * Texts as bytes from which each can be read back, so that no two lists of texts give the same:
 * their number, then each one's length in UTF-8 and itself; numbers have 64 bits, little-endian. This
 * is the Pre-Authentication Encoding (PAE) of PASETO version 2 and later.
 */
export function encodeParts(parts: readonly string[]): Uint8Array<ArrayBuffer> {
  const texts = parts.map((part) => new TextEncoder().encode(part));
  const length = texts.reduce((sum, text) => sum + 8 + text.length, 8);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(parts.length), true);
  let at = 8;
  for (const text of texts) {
    view.setBigUint64(at, BigInt(text.length), true);
    bytes.set(text, at + 8);
    at += 8 + text.length;
  }
  return bytes;
}
