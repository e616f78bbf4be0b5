/**
 * The tokens of the SDKs that work with keys of their own tell what they are:
 *
 *     tk1_hmac_g_2026a_Dp0g1ZWsNHPxqYHqhG4nQYdBsRDRVdyvAXR_P1Nl1yk
 *     │ │ │    │ │     └ payload: base64url without padding (RFC 4648 section 5), canonical
 *     │ │ │    │ └ id of the key
 *     │ │ │    └ scope: global, dataset or column
 *     │ │ └ SDK
 *     │ └ version of this format
 *     └ mark
 *
 * Letters, digits, `_` and `-`: safe in SQL, CSV, URLs and JSON. Neither the SDK's name nor the key's
 * id holds an underscore, so a token can be read in one way only.
 */
import { encodeBase64Url } from "../base64.ts";
import type { TokenKey } from "./key_set.ts";
import { type TokenPattern, tokenPattern } from "../token_pattern.ts";
import { scopeLetter, TOKEN_SCOPES, type TokenScope } from "../token_scope.ts";

const START = "tk1";
const ANY_KEY_ID = "[A-Za-z0-9-]{1,16}";

/** Characters that `byteCount` bytes have as a payload. */
export function payloadLength(byteCount: number): number {
  return Math.ceil(byteCount * 4 / 3);
}

/** Bytes that a payload of that length holds. */
export function payloadBytes(length: number): number {
  return Math.floor(length * 3 / 4);
}

/** What stands before the payload. */
export function tokenHead(sdk: string, scope: TokenScope, key: TokenKey): string {
  return `${START}_${sdk}_${scopeLetter(scope)}_${key.id}_`;
}

/** A token of `head` with `payload` behind it. */
export function tokenOf(head: string, payload: Uint8Array): string {
  return head + encodeBase64Url(payload);
}

/**
 * The pattern of an SDK's tokens, of every scope, made with one of `keys`: another key's are none of
 * ours to vouch for. Without `keys` it is of any key at all.
 */
export function keyedPattern(
  sdk: string,
  payload: string,
  keys?: readonly TokenKey[],
): TokenPattern {
  const ids = keys === undefined ? ANY_KEY_ID : `(?:${keys.map(({ id }) => id).join("|")})`;
  const scopes = `[${TOKEN_SCOPES.map(scopeLetter).join("")}]`;
  return tokenPattern(`${START}_${sdk}_${scopes}_${ids}_${payload}`);
}

/** The pattern of the tokens that the first of `keys` makes in `scope`: what is written now. */
export function currentPattern(
  sdk: string,
  payload: string,
  scope: TokenScope,
  keys: readonly TokenKey[],
): TokenPattern {
  return tokenPattern(tokenHead(sdk, scope, keys[0]!) + payload);
}

/** The pattern of the tokens that the key of that id made; undefined where `keys` has none. */
export function patternOfKey(
  sdk: string,
  payload: string,
  keys: readonly TokenKey[],
  id: string,
): TokenPattern | undefined {
  const own = keys.filter((key) => key.id === id);
  return own.length === 0 ? undefined : keyedPattern(sdk, payload, own);
}

/** The parts of a text that matches one of these patterns. */
export function splitToken(token: string): { scope: TokenScope; keyId: string; payload: string } {
  const beforeLetter = token.indexOf("_", START.length + 1);
  const beforePayload = token.indexOf("_", beforeLetter + 3);
  const letter = token[beforeLetter + 1];
  const scope = TOKEN_SCOPES.find((each) => scopeLetter(each) === letter)!;
  const keyId = token.slice(beforeLetter + 3, beforePayload);
  return { scope, keyId, payload: token.slice(beforePayload + 1) };
}
