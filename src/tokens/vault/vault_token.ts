/**
 * What Vault's Transit engine calls a ciphertext, and this program a token:
 *
 *     vault:v1:kiV1HG+JQhm+bVA9mo42W9b6DuIXF8knBd3A7iLzPEnu0rBvlnjMOJeD/Q==
 *     │     │  └ nonce, encrypted value and authentication tag in base64 (RFC 4648 section 4)
 *     │     └ version of the key
 *     └ mark
 *
 * It contains neither the key's name nor the context. The detector accepts canonical base64 only.
 */
import { BASE64, type TokenPattern, tokenPattern } from "../token_pattern.ts";

const MARK = "vault:v";
const { char, group, oneByte, twoBytes } = BASE64;
/** 28 bytes or more: nine whole groups, and at least one byte more. */
const PAYLOAD = `${char}{36}(?:(?:${group})*(?:${oneByte}|${twoBytes})|(?:${group})+)`;

/** A nonce of 12 bytes and a tag of 16: the least that any type of key adds to a value. */
export const MIN_OVERHEAD_BYTES = 28;

/** The tokens of every version of any key. */
export const VAULT_TOKENS: TokenPattern = tokenPattern(`${MARK}[1-9][0-9]{0,8}:${PAYLOAD}`);

/** How the tokens of a version begin. */
export function tokenHead(version: number): string {
  return `${MARK}${version}:`;
}

/** The tokens of one version. */
export function tokensOfVersion(version: number): TokenPattern {
  return tokenPattern(tokenHead(version) + PAYLOAD);
}

/** The version of the key that made a token; undefined if it is not a token. */
export function versionOf(token: string): number | undefined {
  const digits = /^vault:v([1-9][0-9]{0,8}):/.exec(token)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Characters of a token of `version` for `byteCount` bytes of nonce, ciphertext and tag. */
export function tokenLength(version: number, byteCount: number): number {
  return tokenHead(version).length + 4 * Math.ceil(byteCount / 3);
}

/** The most bytes that a token of that many characters can hold after its head. */
export function maxPayloadBytes(length: number): number {
  return Math.max(0, 3 * Math.floor((length - tokenHead(1).length) / 4));
}

/** The bytes that a token holds after its head. */
export function byteLength(token: string): number {
  const payload = token.slice(token.lastIndexOf(":") + 1);
  return payload.length / 4 * 3 - (payload.endsWith("==") ? 2 : payload.endsWith("=") ? 1 : 0);
}
