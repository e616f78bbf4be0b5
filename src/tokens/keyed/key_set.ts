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

/** The accepted values of `alg`, with the SDKs that they are for and the sizes of their keys in bytes. */
export const KEY_ALGORITHMS = {
  // RFC 7518 section 3.2 requires as many bytes as the hash has; more than a block would be hashed
  HS256: { mode: "hmac-sha256", min: 32, max: 64 },
  AEAD_AES_SIV_CMAC_512: { mode: "aes-siv", min: 64, max: 64 },
} as const;

/** An algorithm that keys are for. */
export type KeyAlgorithm = keyof typeof KEY_ALGORITHMS;

/** Key ids are part of tokens, between underscores. */
export const KEY_ID = /^[A-Za-z0-9-]{1,16}$/;

/** HMAC pads shorter keys with zeros to this size, so keys that differ only in that are the same. */
const HMAC_BLOCK_BYTES = 64;

/** A key of the file, with what it is for. */
export interface FileKey extends TokenKey {
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
  if (path === undefined) {
    const reason = 'it must be set: this token SDK needs a key, which "tokenize keys new" makes';
    throw refused(KEYS_VARIABLE, [reason]);
  }
  const keys = parseKeys(read.secretFile(KEYS_VARIABLE, path), KEYS_VARIABLE);
  const own = keys.filter((key) => key.algorithm === algorithm);
  if (own.length === 0) {
    throw refused(KEYS_VARIABLE, [`the file contains no key whose alg is ${algorithm}`]);
  }
  return own.map(({ id, bytes }) => ({ id, bytes }));
}

/**
 * Every key of a key file's text, in its order. Throws `ConfigError` about `variable` with a line for
 * each fault.
 */
export function parseKeys(text: string, variable: string): readonly FileKey[] {
  const faults: string[] = [];
  const keys: FileKey[] = [];
  parseKeySet(text, variable).keys.forEach((entry, i) => {
    const key = readKey(entry);
    if (typeof key === "string") faults.push(`key ${i + 1} of the file: ${key}`);
    else keys.push(key);
  });
  faults.push(...duplicates(keys));
  if (faults.length > 0) throw refused(variable, faults);
  return keys;
}

/** The text of a key file with one more key, before the others, so that it writes. */
export function withKey(text: string, { id, algorithm, bytes }: FileKey): string {
  const { keys, ...others } = parseKeySet(text, KEYS_VARIABLE);
  const key = { kty: "oct", kid: id, alg: algorithm, k: encodeBase64Url(bytes) };
  return JSON.stringify({ ...others, keys: [key].concat(keys as never[]) }, null, 2) + "\n";
}

/** The text of a key file without keys. */
export const EMPTY_KEY_SET = '{"keys": []}';

/**
 * The name of the Databricks secret that holds a key of `hmac-sha256`. Databricks does not tell upper from
 * lower case in it.
 */
export function secretNameOf(keyId: string): string {
  return `tokenize-hmac-${keyId}`;
}

/** A JWK Set, whose keys may be anything yet. */
interface KeySet {
  readonly keys: readonly unknown[];
}

function parseKeySet(text: string, variable: string): KeySet {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw refused(variable, ["the file is not JSON"]);
  }
  if (isObject(set) && Array.isArray(set.keys)) return { ...set, keys: set.keys };
  throw refused(variable, ['the file is not a JWK Set: {"keys": […]}']);
}

/** The key, or what is wrong with it. */
function readKey(entry: unknown): FileKey | string {
  if (!isObject(entry)) return "it is not an object";
  const { kty, kid, alg, k } = entry;
  if (kty !== "oct") return 'its kty is not "oct"';
  if (typeof kid !== "string" || !KEY_ID.test(kid)) {
    return "its kid is not 1 to 16 letters, digits and hyphens";
  }
  if (!isKeyAlgorithm(alg)) return `its alg is not ${Object.keys(KEY_ALGORITHMS).join(" or ")}`;
  const bytes = typeof k === "string" ? decodeBase64Url(k) : undefined;
  if (bytes === undefined) return "its k is not base64url without padding";
  const { min, max } = KEY_ALGORITHMS[alg];
  if (bytes.length < min || bytes.length > max) {
    const range = min === max ? `${min}` : `${min} to ${max}`;
    return `it has ${counted(bytes.length, "byte")}, not the ${range} of ${alg}`;
  }
  const weakness = weaknessOf(bytes);
  return weakness === undefined ? { id: kid, algorithm: alg, bytes } : `it is weak: ${weakness}`;
}

function duplicates(keys: readonly FileKey[]): string[] {
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
  return typeof name === "string" && Object.hasOwn(KEY_ALGORITHMS, name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(variable: string, reasons: readonly string[]): ConfigError {
  return new ConfigError(reasons.map((reason): ConfigFault => ({ variable, reason })));
}
