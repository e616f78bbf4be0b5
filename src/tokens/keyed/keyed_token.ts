/**
 * The format of the tokens of the SDKs that have keys of their own:
 *
 *     tk1_hmac_g_2026a_Dp0g1ZWsNHPxqYHqhG4nQYdBsRDRVdyvAXR_P1Nl1yk
 *     │ │ │    │ │     └ payload: base64url without padding (RFC 4648 section 5), canonical
 *     │ │ │    │ └ id of the key
 *     │ │ │    └ scope: global, dataset or column
 *     │ │ └ SDK
 *     │ └ version of this format: 1 in the scope `global`, 2 in the others
 *     └ mark
 *
 * Letters, digits, `_` and `-`: safe in SQL, CSV, URLs and JSON. Neither the SDK's name nor the key's
 * id contains an underscore, so a token can be parsed in one way only.
 *
 * Version 2 is bound to the platform and to each part of the dataset's name. Version 1 joined the parts
 * with dots, and so did not tell every two datasets apart; its tokens with another scope than `global`
 * are recognised as those of an SDK that no longer writes.
 */
import type { TokenKey } from "./key_set.ts";
import { BASE64_URL, type TokenPattern, tokenPattern } from "../token_pattern.ts";
import { scopeLetter, TOKEN_SCOPES, type TokenScope } from "../token_scope.ts";

/** What tells the tokens of one SDK from those of others. */
export interface KeyedFormat {
  /** The SDK's name in `TOKEN_SDK_MODE`. */
  readonly mode: string;
  /** Its name in tokens. */
  readonly name: string;
  /** The pattern of its payloads. */
  readonly payload: string;
}

const { char, group, oneByte, twoBytes } = BASE64_URL;

/** Of `hmac-sha256`: 12 to 32 bytes, which are four to ten whole groups and up to two bytes. */
export const HMAC: KeyedFormat = {
  mode: "hmac-sha256",
  name: "hmac",
  payload: `(?:${group}){4,10}(?:${oneByte}|${twoBytes})?`,
};

/** The pattern of payloads of `byteCount` bytes. */
export function payloadOf(byteCount: number): string {
  const rest = ["", oneByte, twoBytes][byteCount % 3]!;
  return `${char}{${4 * Math.floor(byteCount / 3)}}${rest}`;
}

/** Of `aes-siv`: 16 bytes or more, which are five whole groups and at least one byte. */
export const AES_SIV: KeyedFormat = {
  mode: "aes-siv",
  name: "siv",
  payload: `${char}{20}(?:(?:${group})*(?:${oneByte}|${twoBytes})|(?:${group})+)`,
};

/** The version of the format in each scope. */
const VERSIONS: Readonly<Record<TokenScope, string>> = { global: "1", dataset: "2", column: "2" };
/** The version that once served every scope. */
const FIRST_VERSION = "1";
const MARK = "tk";
const ANY_KEY_ID = "[A-Za-z0-9-]{1,16}";

/** The number of characters that `byteCount` bytes take as a payload. */
export function payloadLength(byteCount: number): number {
  return Math.ceil(byteCount * 4 / 3);
}

/** The number of bytes in a payload of `length` characters. */
export function payloadBytes(length: number): number {
  return Math.floor(length * 3 / 4);
}

/** What the computations of an SDK in a scope are for, as a part of the binding. */
export function domainOf(mode: string, scope: TokenScope): string {
  return `tokenize-action ${MARK}${VERSIONS[scope]} ${mode}`;
}

/** What precedes the payload. */
export function tokenHead(sdk: string, scope: TokenScope, key: TokenKey): string {
  return `${MARK}${VERSIONS[scope]}_${sdk}_${scopeLetter(scope)}_${key.id}_`;
}

/** The head as bytes. */
export function headBytes(head: string): Uint8Array {
  return new TextEncoder().encode(head);
}

/** The pattern of an SDK's tokens in every scope, made with one of `keys`. */
export function keyedPattern(
  sdk: string,
  payload: string,
  keys: readonly TokenKey[],
): TokenPattern {
  const ids = `(?:${keys.map(({ id }) => id).join("|")})`;
  return tokenPattern(`${MARK}(?:${headsOf(sdk).join("|")})_${ids}_${payload}`);
}

/** The pattern of an SDK's tokens of every version, in every scope, made with any key. */
export function familyPattern(sdk: string, payload: string): TokenPattern {
  const heads = [
    ...headsOf(sdk),
    `${FIRST_VERSION}_${sdk}_[${TOKEN_SCOPES.map(scopeLetter).join("")}]`,
  ];
  return tokenPattern(`${MARK}(?:${heads.join("|")})_${ANY_KEY_ID}_${payload}`);
}

/** Patterns of what is between the mark and the key's id. */
function headsOf(sdk: string): string[] {
  return TOKEN_SCOPES.map((scope) => `${VERSIONS[scope]}_${sdk}_${scopeLetter(scope)}`);
}

/** The pattern of the tokens that are written now: by the first of `keys`, in `scope`. */
export function currentPattern(
  sdk: string,
  payload: string,
  scope: TokenScope,
  keys: readonly TokenKey[],
): TokenPattern {
  return tokenPattern(tokenHead(sdk, scope, keys[0]!) + payload);
}

/** The pattern of the tokens made with the key of that id; undefined if it is not among `keys`. */
export function patternOfKey(
  sdk: string,
  payload: string,
  keys: readonly TokenKey[],
  id: string,
): TokenPattern | undefined {
  const own = keys.filter((key) => key.id === id);
  return own.length === 0 ? undefined : keyedPattern(sdk, payload, own);
}
