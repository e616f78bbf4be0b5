/** Makes all tokens with one version of the key, although a newer one may be created meanwhile. */
import { refused } from "./errors.ts";
import type { TransitBatch, TransitEngine } from "./transit_engine.ts";
import type { TransitKey } from "./transit_key.ts";
import { tokenHead } from "./vault_token.ts";

/** Writes with the version that was last looked up. */
export class TokenWriter {
  readonly #engine: TransitEngine;
  readonly #key: TransitKey;

  constructor(engine: TransitEngine, key: TransitKey) {
    this.#engine = engine;
    this.#key = key;
  }

  /** Tokens for values in base64. Throws `token_sdk_unreachable`, `token_sdk_error`. */
  async encrypt(inputs: readonly string[], context: string): Promise<string[]> {
    return await this.#write({ call: "encrypt", inputs, context }) as string[];
  }

  /** Tokens that replace others; null for one that Vault does not recognise. Throws as `encrypt`. */
  async rewrap(inputs: readonly string[], context: string): Promise<(string | null)[]> {
    return await this.#write({ call: "rewrap", inputs, context });
  }

  async #write(batch: TransitBatch): Promise<(string | null)[]> {
    const { version } = this.#key.state;
    try {
      const tokens = await this.#tokensOf(batch);
      const head = tokenHead(version);
      if (tokens.every((token) => token === null || token.startsWith(head))) return tokens;
      // a newer version was created meanwhile; naming one each time would make requests larger
      return await this.#tokensOf({ ...batch, version });
    } catch (error) {
      this.#key.doubt();
      throw error;
    }
  }

  async #tokensOf(batch: TransitBatch): Promise<(string | null)[]> {
    const results = await this.#engine.run(batch);
    if (batch.call === "encrypt" && results.some(({ ciphertext }) => ciphertext === undefined)) {
      const version = batch.version === undefined ? "" : `version ${batch.version} of `;
      throw refused(`it no longer encrypts with ${version}the key`);
    }
    return results.map(({ ciphertext, isRefused }) => isRefused ? null : ciphertext ?? null);
  }
}
