/**
 * The key that signs receipts: an Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519`
 * makes it.
 *
 * Source: RFC 8410 section 7 (the key in PKCS #8), RFC 5958 (its newer form, with the public key), RFC 7468
 * (PEM).
 */
import { configFault } from "../config_error.ts";
import type { SettingsReader } from "../settings_reader.ts";

/** The variable that names the file. */
const RECEIPT_KEY_VARIABLE = "RECEIPT_KEY_FILE";

/** What precedes the key's 32 bytes in PKCS #8: a sequence of a version, `id-Ed25519` and octet strings. */
export const PKCS8_HEAD = Uint8Array.fromHex("302e020100300506032b657004220420");
const SEED_BYTES = 32;
const VERSION_AT = 4;

/**
 * The private key of 32 bytes; undefined if the variable is not set. Throws `ConfigError`, which quotes
 * nothing of the file.
 */
export function readSigningKey(read: SettingsReader): Uint8Array | undefined {
  const path = read.variable(RECEIPT_KEY_VARIABLE);
  if (path === undefined) return undefined;
  const text = read.secretFile(RECEIPT_KEY_VARIABLE, path);
  if (text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
    throw refused("the key is encrypted: decrypt it (openssl pkey)");
  }
  const [, body] = /-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/.exec(text) ?? [];
  if (body === undefined) throw refused("the file is not a private key in PEM (PKCS #8)");
  const seed = seedOf(body);
  if (seed !== undefined) return seed;
  throw refused(
    'the key is not one for Ed25519: "openssl genpkey -algorithm ed25519" makes one',
  );
}

function seedOf(base64: string): Uint8Array | undefined {
  let der: Uint8Array;
  try {
    der = Uint8Array.fromBase64(base64);
  } catch {
    return undefined;
  }
  const isHead = PKCS8_HEAD.every((byte, i) =>
    // the length and the version differ if the public key follows
    der[i] === byte || i === 1 || (i === VERSION_AT && der[i] === 1)
  );
  const isWhole = der.length === 2 + (der[1] ?? 0) && der.length >= PKCS8_HEAD.length + SEED_BYTES;
  if (!isHead || !isWhole) return undefined;
  return der.slice(PKCS8_HEAD.length, PKCS8_HEAD.length + SEED_BYTES);
}

function refused(reason: string) {
  return configFault(RECEIPT_KEY_VARIABLE, reason);
}
