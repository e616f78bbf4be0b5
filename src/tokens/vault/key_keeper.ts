/**
 * Which version of the key writes. It stays the same while there is work, or a run could give equal
 * values different tokens; it is looked up anew before the first call after a pause, and after Vault
 * refused to go on with it.
 */
import { openTransitKey, type TransitKey } from "./transit_key.ts";
import type { TransitEngine } from "./transit_engine.ts";

/** What was last learnt of a key, and when to ask again. */
export class KeyKeeper {
  readonly #engine: TransitEngine;
  readonly #name: string;
  readonly #idleMs: number;
  #known: TransitKey;
  #opening: Promise<TransitKey> | undefined;
  #isDoubted = false;
  #usedMs = performance.now();

  private constructor(engine: TransitEngine, name: string, idleMs: number, known: TransitKey) {
    this.#engine = engine;
    this.#name = name;
    this.#idleMs = idleMs;
    this.#known = known;
  }

  /** Looks at the key for the first time. A pause is `idleMs` milliseconds without a call. */
  static async open(engine: TransitEngine, name: string, idleMs: number): Promise<KeyKeeper> {
    return new KeyKeeper(engine, name, idleMs, await openTransitKey(engine, name));
  }

  /** What was last learnt. */
  get known(): TransitKey {
    return this.#known;
  }

  /** To be called before each call of the SDK: asks again, if it is time to. */
  async refresh(): Promise<void> {
    const nowMs = performance.now();
    const isDue = this.#isDoubted || nowMs - this.#usedMs >= this.#idleMs;
    this.#usedMs = nowMs;
    if (isDue) this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    if (this.#opening !== undefined) await this.#opening;
  }

  /** Has the key looked at before the next call. */
  doubt(): void {
    this.#isDoubted = true;
  }

  async #open(): Promise<TransitKey> {
    this.#known = await openTransitKey(this.#engine, this.#name);
    this.#isDoubted = false;
    return this.#known;
  }
}
