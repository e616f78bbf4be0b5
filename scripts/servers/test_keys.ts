/** Keys for tests, and readers of settings that hold them. */
import { encodeBase64Url } from "../../src/tokens/base64.ts";
import { findAdapter } from "../../src/tokens/adapters.ts";
import {
  type SettingsReader,
  settingsReader as readerOf,
  type SettingsSource,
} from "../../src/settings_reader.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";

/** A key that looks random and is the same in each run: what a hash gives for a name. */
export async function testKeyBytes(name: string, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(64);
  for (let i = 0; i < 2; i++) {
    const part = new TextEncoder().encode(`test key ${name} ${i}`);
    bytes.set(new Uint8Array(await crypto.subtle.digest("SHA-256", part)), 32 * i);
  }
  return bytes.slice(0, length);
}

/** A JSON Web Key for `hmac-sha256`. */
export async function hmacJwk(kid: string, length = 32): Promise<Record<string, unknown>> {
  return { kty: "oct", kid, alg: "HS256", k: encodeBase64Url(await testKeyBytes(kid, length)) };
}

/** A JSON Web Key for `aes-siv`. */
export async function sivJwk(kid: string): Promise<Record<string, unknown>> {
  const k = encodeBase64Url(await testKeyBytes(kid, 64));
  return { kty: "oct", kid, alg: "AEAD_AES_SIV_CMAC_512", k };
}

/** The text of a JWK Set. */
export function jwkSet(...keys: readonly unknown[]): string {
  return JSON.stringify({ keys });
}

/** The SDK of that mode with these keys, and with further variables. */
export async function openKeyed(
  mode: string,
  keys: string,
  scope = "global",
  further: Readonly<Record<string, string>> = {},
): Promise<TokenSdk> {
  const adapter = findAdapter(mode)!;
  const variables = { TOKEN_KEYS_FILE: "/keys", TOKEN_CONTEXT: scope, ...further };
  return await adapter.create(adapter.readSettings(settingsReader(variables, { "/keys": keys })));
}

/** These variables and files only; nobody else may read the files. */
export function settingsSource(
  variables: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): SettingsSource {
  return {
    variable: (name) => variables[name] || undefined,
    file: (path) => files[path] ?? notFound(path),
    permissions: (path) => path in files ? { mode: 0o100600, uid: 1000 } : notFound(path),
  };
}

/** These variables, and the files of this machine. */
export function machineSource(variables: Readonly<Record<string, string>>): SettingsSource {
  return {
    variable: (name) => variables[name] || undefined,
    file: (path) => Deno.readTextFileSync(path),
    permissions: (path) => Deno.statSync(path),
  };
}

/** Reads from these variables and files only. */
export function settingsReader(
  variables: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): SettingsReader {
  return readerOf(settingsSource(variables, files));
}

function notFound(path: string): never {
  throw new Deno.errors.NotFound(`No such file: ${path}`);
}
