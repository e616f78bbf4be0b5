/**
 * The datasets that are due: each once, however often it was marked, and at most one piece of work for each
 * at a time. What was marked by an event comes before what a sweep found.
 */
import { backoffMs, type BackoffOptions } from "../../async.ts";

/** More work for the same key, later. */
export interface Followup<Hint> {
  readonly afterMs: number;
  readonly hint: Hint;
}

/** How a queue works. */
export interface DueQueueOptions<Hint> {
  /** How many pieces of work may be under way at once. */
  readonly concurrency: number;
  /** The pauses after failures of the same key. */
  readonly backoff: BackoffOptions;
  /** Does what is due for a key, with all hints since the last time. A failure makes it due again. */
  readonly work: (key: string, hints: readonly Hint[]) => Promise<Followup<Hint> | undefined>;
}

/** How a key is marked. */
export interface MarkOptions<Hint> {
  /** How long to wait for more hints about the same key. */
  readonly delayMs?: number;
  /** Whether it may wait behind everything else. */
  readonly isBulk?: boolean;
  /** What the work is to know. */
  readonly hint?: Hint;
}

/** The most hints that are kept for a key: they only add to what is read anyway. */
const MAX_HINTS = 1000;

interface Entry<Hint> {
  readonly hints: Hint[];
  readonly attempted: PromiseWithResolvers<void>;
  timer?: ReturnType<typeof setTimeout>;
}

/** A queue of keys with work to do. */
export class DueQueue<Hint> {
  readonly #options: DueQueueOptions<Hint>;
  readonly #entries = new Map<string, Entry<Hint>>();
  /** Those whose time has come, first come, first served. */
  readonly #urgent = new Set<string>();
  readonly #bulk = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  #isClosed = false;

  constructor(options: DueQueueOptions<Hint>) {
    this.#options = options;
  }

  /** How many keys wait for a place. */
  get due(): number {
    return this.#urgent.size + this.#bulk.size;
  }

  /** How many wait for their time: to be merged with more hints, tried again, or followed up. */
  get later(): number {
    return this.#entries.size - this.due;
  }

  /** How many pieces of work are under way. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * Marks a key as due. Resolves once work that began after that has ended, or failed and the key is due
   * again; never if the queue is closed before that.
   */
  mark(key: string, { delayMs = 0, isBulk = false, hint }: MarkOptions<Hint> = {}): Promise<void> {
    if (this.#isClosed) return Promise.withResolvers<void>().promise;
    const known = this.#entries.get(key);
    const entry: Entry<Hint> = known ?? { hints: [], attempted: Promise.withResolvers() };
    if (hint !== undefined && entry.hints.length < MAX_HINTS) entry.hints.push(hint);
    this.#entries.set(key, entry);
    const isReady = this.#urgent.has(key) || (isBulk && this.#bulk.has(key));
    if (!isReady) this.#schedule(key, entry, delayMs, isBulk);
    return entry.attempted.promise;
  }

  /** Starts nothing more, and forgets what is due. Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
    this.#urgent.clear();
    this.#bulk.clear();
    await Promise.all(this.#running.values());
  }

  #schedule(key: string, entry: Entry<Hint>, delayMs: number, isBulk: boolean): void {
    clearTimeout(entry.timer);
    if (delayMs > 0) {
      entry.timer = setTimeout(() => this.#makeReady(key, isBulk), delayMs);
    } else this.#makeReady(key, isBulk);
  }

  #makeReady(key: string, isBulk: boolean): void {
    this.#bulk.delete(key);
    (isBulk ? this.#bulk : this.#urgent).add(key);
    this.#startNext();
  }

  #startNext(): void {
    for (const ready of [this.#urgent, this.#bulk]) {
      for (const key of ready) {
        if (this.#running.size >= this.#options.concurrency) return;
        if (!this.#running.has(key)) this.#start(key);
      }
    }
  }

  #start(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    this.#urgent.delete(key);
    this.#bulk.delete(key);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    const work = this.#work(key, entry).finally(() => {
      this.#running.delete(key);
      this.#startNext();
    });
    this.#running.set(key, work);
  }

  async #work(key: string, { hints, attempted }: Entry<Hint>): Promise<void> {
    try {
      const followup = await this.#options.work(key, hints);
      this.#failures.delete(key);
      if (followup !== undefined) this.#again(key, [followup.hint], followup.afterMs);
    } catch {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      this.#again(key, hints, backoffMs(failures, this.#options.backoff));
    }
    attempted.resolve();
  }

  /** Makes a key due again later, unless it is due already, and keeps what was hinted. */
  #again(key: string, hints: readonly Hint[], delayMs: number): void {
    if (this.#isClosed) return;
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.hints.unshift(...hints);
      return;
    }
    const entry: Entry<Hint> = { hints: [...hints], attempted: Promise.withResolvers() };
    this.#entries.set(key, entry);
    this.#schedule(key, entry, delayMs, true);
  }
}
