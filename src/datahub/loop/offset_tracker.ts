/**
 * Stores how far the events were handled: an offset only once every dataset that was named up to there was
 * dealt with, or failed and is due again. What comes after it is delivered again after a crash.
 */

/** Follows batches of events in their order. */
export class OffsetTracker {
  readonly #store: (offsetId: string) => Promise<void>;
  /** The newest offset up to which everything is settled. */
  #settled: string | undefined;
  #stored: string | undefined;
  #tail: Promise<void> = Promise.resolve();
  #storing: Promise<void> | undefined;

  /** `stored` is the offset that is stored already. `store` reports its failures itself. */
  constructor(stored: string | undefined, store: (offsetId: string) => Promise<void>) {
    this.#stored = stored;
    this.#store = store;
  }

  /** The offset that was stored last. */
  get storedOffsetId(): string | undefined {
    return this.#stored;
  }

  /** Adds a batch that ends at `offsetId`, whose datasets are dealt with when `settled` resolves. */
  add(offsetId: string, settled: Promise<unknown>): void {
    this.#tail = this.#tail.then(() => settled).then(() => {
      this.#settled = offsetId;
      void this.flush();
    });
  }

  /** Stores the newest settled offset if it is not stored yet. A failure is made up for by the next call. */
  flush(): Promise<void> {
    return this.#storing ??= this.#storeSettled().finally(() => this.#storing = undefined);
  }

  async #storeSettled(): Promise<void> {
    while (this.#settled !== undefined && this.#settled !== this.#stored) {
      const offsetId = this.#settled;
      try {
        await this.#store(offsetId);
      } catch {
        return;
      }
      this.#stored = offsetId;
    }
  }
}
