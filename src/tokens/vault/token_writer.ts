/** Makes tokens of one version of the key, while newer ones may come. */
import { refused } from "./errors.ts";
import type { TransitBatch, TransitEngine } from "./transit_engine.ts";
import type { TransitKey } from "./transit_key.ts";
import { tokenHead } from "./vault_token.ts";

/** Writes with the version that the key knows. */
export class TokenWriter {
  readonly #engine: TransitEngine;
  readonly #key: TransitKey;

  constructor(engine: TransitEngine, key: TransitKey) {
    this.#engine = engine;
    this.#key = key;
  }

  /** Tokens for values in base64. */
  async encrypt(inputs: readonly string[], context: string): Promise<string[]> {
    return await this.#write({ call: "encrypt", inputs, context }) as string[];
  }

  /** Tokens in the stead of others; null for one that Vault does not take for its own. */
  async rewrap(inputs: readonly string[], context: string): Promise<(string | null)[]> {
    return await this.#write({ call: "rewrap", inputs, context });
  }

  async #write(batch: TransitBatch): Promise<(string | null)[]> {
    const { version } = this.#key.state;
    try {
      const tokens = await this.#tokensOf(batch);
      const head = tokenHead(version);
      if (tokens.every((token) => token === null || token.startsWith(head))) return tokens;
      // a newer version was made meanwhile; to name one each time would make requests larger
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
      throw refused(`it does not encrypt with ${version}the key any more`);
    }
    return results.map(({ ciphertext, isRefused }) => isRefused ? null : ciphertext ?? null);
  }
}
