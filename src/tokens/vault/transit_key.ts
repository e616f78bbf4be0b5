/**
 * The Transit key: whether it can make tokens, what they will look like, and which of its versions
 * writes.
 */
import { encodeBase64 } from "../base64.ts";
import { refused } from "./errors.ts";
import type { TransitEngine } from "./transit_engine.ts";
import { byteLength, MIN_OVERHEAD_BYTES, versionOf } from "./vault_token.ts";

/** What is known of a key that gives equal values equal tokens. */
export interface KeyState {
  /** The latest version of the key. */
  readonly version: number;
  /** How many bytes longer a token's content is than the value. */
  readonly overheadBytes: number;
}

const CONTEXT = encodeBase64("tokenize-action vault-transit probe");
const CONVERGENT_KEY = "create the key with derived=true and convergent_encryption=true";

/**
 * A key in use. The version that writes stays the same during a run, or equal values could get
 * different tokens. It is looked up again when a run begins after a pause, or after Vault refused to
 * work with it.
 */
export class TransitKey {
  readonly #engine: TransitEngine;
  readonly #name: string;
  readonly #idleMs: number;
  #state: KeyState;
  #opening: Promise<void> | undefined;
  #isDoubted = false;
  #usedMs = performance.now();

  private constructor(engine: TransitEngine, name: string, idleMs: number, state: KeyState) {
    this.#engine = engine;
    this.#name = name;
    this.#idleMs = idleMs;
    this.#state = state;
  }

  /**
   * Looks the key up for the first time. A pause is `idleMs` milliseconds without a call. Throws
   * `token_sdk_error` if there is no such key, or it cannot make tokens.
   */
  static async open(engine: TransitEngine, name: string, idleMs: number): Promise<TransitKey> {
    return new TransitKey(engine, name, idleMs, await lookUp(engine, name));
  }

  /** As it was last looked up. */
  get state(): KeyState {
    return this.#state;
  }

  /** Looks the key up again, if it was not used for a while or is in doubt. Throws as `open` does. */
  async refresh(): Promise<void> {
    const isDue = this.#isDoubted || performance.now() - this.#usedMs >= this.#idleMs;
    if (isDue) this.#opening ??= this.#reopen().finally(() => this.#opening = undefined);
    await this.#opening;
  }

  /** Reports that the key is used: the user relies on its version. */
  use(): void {
    this.#usedMs = performance.now();
  }

  /** Has the key looked up again when the next run begins. */
  doubt(): void {
    this.#isDoubted = true;
  }

  async #reopen(): Promise<void> {
    this.#state = await lookUp(this.#engine, this.#name);
    this.#isDoubted = false;
    this.use();
  }
}

/** Reads the key's settings, if the policies allow that, and tries it out: the empty text, twice. */
async function lookUp(engine: TransitEngine, name: string): Promise<KeyState> {
  const facts = await engine.keyFacts();
  if (facts?.isDeleted) throw refused(`the key "${name}" is deleted`);
  if (facts !== undefined && !facts.isConvergent) throw notConvergent(name);
  const results = await engine.run({ call: "encrypt", inputs: ["", ""], context: CONTEXT });
  const [token, again] = results.map(({ ciphertext }) => ciphertext);
  if (token === undefined || again === undefined) {
    // without its settings there is no telling why: an RSA key takes no context, for example
    throw facts === undefined ? notConvergent(name) : refused(`the key "${name}" cannot encrypt`);
  }
  if (token !== again) throw notConvergent(name);
  const version = versionOf(token);
  const overheadBytes = byteLength(token);
  if (version === undefined || overheadBytes < MIN_OVERHEAD_BYTES) {
    // convergent keys of Vault 0.6.1 and before expect a nonce from the caller
    throw refused(`the key "${name}" is of a kind that cannot make tokens: ${CONVERGENT_KEY}`);
  }
  return { version, overheadBytes };
}

function notConvergent(name: string) {
  return refused(
    `the key "${name}" does not give equal values equal tokens: ${CONVERGENT_KEY}`,
  );
}
