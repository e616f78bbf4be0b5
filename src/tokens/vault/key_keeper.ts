/**
 * Which version of the key writes. It stays the same while there is work, or a run could give equal
 * values different tokens; it is looked up anew when a run begins after a pause, or after Vault refused
 * to go on with it.
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

  /** Looks at the key anew, if nothing was done with it for a while, or it is doubted. */
  async refresh(): Promise<void> {
    const isDue = this.#isDoubted || performance.now() - this.#usedMs >= this.#idleMs;
    if (isDue) this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    await this.#opening;
  }

  /** Tells that something is done with the key: whoever does it counts on the version. */
  use(): void {
    this.#usedMs = performance.now();
  }

  /** Has the key looked at when the next run begins. */
  doubt(): void {
    this.#isDoubted = true;
  }

  async #open(): Promise<TransitKey> {
    this.#known = await openTransitKey(this.#engine, this.#name);
    this.#isDoubted = false;
    this.use();
    return this.#known;
  }
}
