/** Whether a Transit key can make tokens, and what they will look like. */
import { encodeBase64 } from "../base64.ts";
import { refused } from "./errors.ts";
import type { TransitEngine } from "./transit_engine.ts";
import { byteLength, LEAST_OVERHEAD_BYTES, versionOf } from "./vault_token.ts";

/** A key that makes equal tokens of equal values. */
export interface TransitKey {
  /** The latest version of the key. */
  readonly version: number;
  /** The bytes that a token has more than the value. */
  readonly overheadBytes: number;
}

const CONTEXT = encodeBase64("tokenize-action vault-transit probe");
const HOW = "a key for tokens is made with derived=true and convergent_encryption=true";

/**
 * Looks at the key, where the policies allow that, and tries it out: the empty text, twice. Throws
 * `token_sdk_error` where the key is missing, or is not one for tokens.
 */
export async function openTransitKey(engine: TransitEngine, name: string): Promise<TransitKey> {
  const facts = await engine.keyFacts();
  if (facts?.isDeleted) throw refused(`the key "${name}" is deleted`);
  if (facts !== undefined && !facts.isConvergent) throw notConvergent(name);
  const results = await engine.run({ call: "encrypt", inputs: ["", ""], context: CONTEXT });
  const [token, again] = results.map(({ ciphertext }) => ciphertext);
  if (token === undefined || again === undefined) {
    // without a look at the key there is no telling why: an RSA key takes no context, for one
    throw facts === undefined ? notConvergent(name) : refused(`the key "${name}" cannot encrypt`);
  }
  if (token !== again) throw notConvergent(name);
  const version = versionOf(token);
  const overheadBytes = byteLength(token);
  if (version === undefined || overheadBytes < LEAST_OVERHEAD_BYTES) {
    // convergent keys of Vault 0.6.1 and before want a nonce from the caller
    throw refused(`the key "${name}" is of a kind that makes no tokens: ${HOW}`);
  }
  return { version, overheadBytes };
}

function notConvergent(name: string) {
  return refused(`the key "${name}" does not make equal tokens of equal values: ${HOW}`);
}
