/** Follows runs in a store: one read for all who wait for the same run, and one timer for all. */
import { isFinal } from "./run.ts";
import type { RunStore, StoredRun } from "./run_store.ts";

/** How often those who wait are woken although nothing has changed. */
const BEAT_MS = 15_000;

/** What those who follow a run wait for together. */
interface Awaited {
  readonly changed: PromiseWithResolvers<void>;
  /** The run as it is until then, read once. */
  stored?: Promise<StoredRun | undefined>;
}

/** What came of waiting: the run, that nothing has changed for a while, or that there is no more. */
export type Followed = StoredRun | "beat" | "end";

/** Follows the runs of one store. */
export class RunFollower {
  readonly #store: RunStore;
  readonly #stopListening: () => void;
  readonly #awaited = new Map<string, Awaited>();
  #beating: number | undefined;
  #isClosed = false;

  constructor(store: RunStore) {
    this.#store = store;
    this.#stopListening = store.onChange((runId) => this.#wake(runId));
  }

  /**
   * Waits until the run has a higher revision than `after`. Gives "end" for a run that has ended at that
   * revision, that is kept no longer, or after `close`; "beat" if nothing has changed for some seconds.
   */
  async next(runId: string, after: number): Promise<Followed> {
    if (this.#isClosed) return "end";
    const awaited = this.#awaitedOf(runId); // before the run is read: a change in between is not missed
    const stored = await this.#read(runId, awaited);
    if (stored === undefined) return "end";
    if (stored.revision > after) return stored;
    if (isFinal(stored.run.state)) return "end";
    await awaited.changed.promise;
    if (this.#isClosed) return "end";
    const latest = await this.#read(runId, this.#awaitedOf(runId));
    if (latest === undefined) return "end";
    return latest.revision > after ? latest : "beat";
  }

  /** The run once it has ended; undefined if it is kept no longer, or after `close`. */
  async untilFinal(runId: string): Promise<StoredRun | undefined> {
    for (let after = 0;;) {
      const followed = await this.next(runId, after);
      if (followed === "end") return undefined;
      if (followed === "beat") continue;
      if (isFinal(followed.run.state)) return followed;
      after = followed.revision;
    }
  }

  /** Ends all waiting. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    clearTimeout(this.#beating);
    this.#wake(undefined);
  }

  #awaitedOf(runId: string): Awaited {
    const awaited = this.#awaited.get(runId) ?? { changed: Promise.withResolvers<void>() };
    this.#awaited.set(runId, awaited);
    if (this.#beating === undefined) {
      this.#beating = setTimeout(() => this.#beat(), BEAT_MS);
      Deno.unrefTimer(this.#beating);
    }
    return awaited;
  }

  /** Reads the run once for all who wait for the same change. */
  #read(runId: string, awaited: Awaited): Promise<StoredRun | undefined> {
    if (awaited.stored === undefined) {
      awaited.stored = this.#store.get(runId);
      awaited.stored.catch(() => this.#wake(runId)); // the next one reads again
    }
    return awaited.stored;
  }

  #beat(): void {
    this.#beating = undefined;
    this.#wake(undefined);
  }

  #wake(runId: string | undefined): void {
    for (const id of runId === undefined ? [...this.#awaited.keys()] : [runId]) {
      this.#awaited.get(id)?.changed.resolve();
      this.#awaited.delete(id);
    }
  }
}
