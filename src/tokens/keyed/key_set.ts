/**
 * The keys of the SDKs that have keys of their own, read from the file that `TOKEN_KEYS_FILE` names: a
 * JWK Set (RFC 7517 section 5) of symmetric keys (RFC 7518 section 6.4).
 *
 *     { "keys": [
 *       { "kty": "oct", "kid": "2026b", "alg": "HS256", "k": "<32 to 64 random bytes, base64url>" },
 *       { "kty": "oct", "kid": "2026a", "alg": "HS256", "k": "…" }
 *     ] }
 *
 * Of the keys with an SDK's `alg`, the first one writes and the tokens of the others are recognised. One
 * file may contain keys of several SDKs. `AEAD_AES_SIV_CMAC_512` is the name in IANA's registry of AEAD
 * algorithms (RFC 5297 section 6.3), since JOSE has none for AES-SIV.
 *
 * Faults name a key by its place in the file, and never quote its bytes or the file's text, as
 * JSON.parse would.
 */
import { counted } from "../../counted.ts";
import { ConfigError, type ConfigFault } from "../../config_error.ts";
import { decodeBase64Url, encodeBase64Url } from "../base64.ts";
import { weaknessOf } from "./key_strength.ts";
import type { SettingsReader } from "../token_sdk.ts";

/** The variable that names the file. */
export const KEYS_VARIABLE = "TOKEN_KEYS_FILE";

/** A key. Plain data, since it crosses into the sandbox as a message. */
export interface TokenKey {
  /** Part of each token that the key made. */
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The accepted values of `alg`, with the sizes of their keys in bytes. */
const KEY_BYTES = {
  // RFC 7518 section 3.2 requires as many bytes as the hash has; more than a block would be hashed
  HS256: { min: 32, max: 64 },
  AEAD_AES_SIV_CMAC_512: { min: 64, max: 64 },
} as const;

/** An algorithm that keys are for. */
export type KeyAlgorithm = keyof typeof KEY_BYTES;

/** Key ids are part of tokens, between underscores. */
const KEY_ID = /^[A-Za-z0-9-]{1,16}$/;

/** HMAC pads shorter keys with zeros to this size, so keys that differ only in that are the same. */
const HMAC_BLOCK_BYTES = 64;

interface ReadKey extends TokenKey {
  readonly algorithm: KeyAlgorithm;
}

/**
 * The keys for `algorithm`, at least one, in the file's order. The whole file is checked, not only
 * these keys.
 *
 * Throws `ConfigError` with a line for each fault.
 */
export function readKeys(read: SettingsReader, algorithm: KeyAlgorithm): readonly TokenKey[] {
  const path = read.variable(KEYS_VARIABLE);
  if (path === undefined) throw refused("it must be set: this token SDK needs a key");
  const entries = parseKeySet(read.secretFile(KEYS_VARIABLE, path));
  const faults: string[] = [];
  const keys: ReadKey[] = [];
  entries.forEach((entry, i) => {
    const key = readKey(entry);
    if (typeof key === "string") faults.push(`key ${i + 1} of the file: ${key}`);
    else keys.push(key);
  });
  faults.push(...duplicates(keys));
  if (faults.length > 0) throw refused(...faults);
  const own = keys.filter((key) => key.algorithm === algorithm);
  if (own.length === 0) throw refused(`the file contains no key whose alg is ${algorithm}`);
  return own.map(({ id, bytes }) => ({ id, bytes }));
}

function parseKeySet(text: string): readonly unknown[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw refused("the file is not JSON");
  }
  const keys = isObject(set) ? set.keys : undefined;
  if (!Array.isArray(keys)) throw refused('the file is not a JWK Set: {"keys": […]}');
  return keys;
}

/** The key, or what is wrong with it. */
function readKey(entry: unknown): ReadKey | string {
  if (!isObject(entry)) return "it is not an object";
  const { kty, kid, alg, k } = entry;
  if (kty !== "oct") return 'its kty is not "oct"';
  if (typeof kid !== "string" || !KEY_ID.test(kid)) {
    return "its kid is not 1 to 16 letters, digits and hyphens";
  }
  if (!isKeyAlgorithm(alg)) return `its alg is not ${Object.keys(KEY_BYTES).join(" or ")}`;
  const bytes = typeof k === "string" ? decodeBase64Url(k) : undefined;
  if (bytes === undefined) return "its k is not base64url without padding";
  const { min, max } = KEY_BYTES[alg];
  if (bytes.length < min || bytes.length > max) {
    const range = min === max ? `${min}` : `${min} to ${max}`;
    return `it has ${counted(bytes.length, "byte")}, not the ${range} of ${alg}`;
  }
  const weakness = weaknessOf(bytes);
  return weakness === undefined ? { id: kid, algorithm: alg, bytes } : `it is weak: ${weakness}`;
}

function duplicates(keys: readonly ReadKey[]): string[] {
  const faults: string[] = [];
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    faults.push("two keys of the file have the same kid");
  }
  if (new Set(keys.map(({ bytes }) => paddedKey(bytes))).size < keys.length) {
    faults.push("two keys of the file are the same");
  }
  return faults;
}

function paddedKey(bytes: Uint8Array): string {
  const padded = new Uint8Array(HMAC_BLOCK_BYTES);
  padded.set(bytes);
  return encodeBase64Url(padded);
}

function isKeyAlgorithm(name: unknown): name is KeyAlgorithm {
  return typeof name === "string" && Object.hasOwn(KEY_BYTES, name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(...reasons: readonly string[]): ConfigError {
  return new ConfigError(
    reasons.map((reason): ConfigFault => ({ variable: KEYS_VARIABLE, reason })),
  );
}
