/**
 * The runs that wait for a database: so many may use it at once, others wait, up to a bound. Callers take
 * turns, so that one with a hundred runs does not hold up another with one; the runs of one caller start
 * in the order in which they came. None that has waited starts while another run on its dataset is under way.
 */
import { ServiceError } from "../errors.ts";

/** How many runs may use a database at once: each holds connections for as long as it lasts. */
export const MAX_RUNS = 8;
/** How many may wait for one by default. */
const DEFAULT_MAX_QUEUED_RUNS = 1000;

/** Who waits, and for what. */
export interface Waiting {
  /** Who takes turns with others. */
  readonly caller: string;
  readonly datasetUrn: string;
  /** The first of them that is aborted ends the waiting, for its reason. */
  readonly signals: readonly AbortSignal[];
}

interface Waiter extends Waiting {
  readonly start: () => void;
}

/** The queue of one database. */
export class RunQueue {
  readonly #maxWaiting: number;
  readonly #maxRuns: number;
  /** By caller, the one whose turn it is first; each list in order of arrival, none empty. */
  readonly #waiting = new Map<string, Waiter[]>();
  /** The datasets of those that have a place, as often as they have one. */
  readonly #running: string[] = [];
  #length = 0;

  constructor({ maxWaiting = DEFAULT_MAX_QUEUED_RUNS, maxRuns = MAX_RUNS } = {}) {
    this.#maxWaiting = maxWaiting;
    this.#maxRuns = maxRuns;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** How many have a place. */
  get running(): number {
    return this.#running.length;
  }

  /** Throws `run_in_progress` if nobody else can be served, nor wait. */
  requireRoom(): void {
    if (this.#hasPlace() || this.#length < this.#maxWaiting) return;
    throw new ServiceError(
      "run_in_progress",
      `Cannot start the run: ${this.#maxRuns} other runs are under way on this database, and ` +
        `${this.#maxWaiting} wait for it`,
    );
  }

  /**
   * Does `work` as soon as it has a place, and tells it how long that took. Calls `onWait`, with how many
   * wait before it, if that is not at once. Throws what `requireRoom` throws, and the reason of a signal if
   * that comes first.
   */
  async run<T>(
    waiting: Waiting,
    work: (waitedMs: number) => Promise<T>,
    onWait: (before: number) => void = () => {},
  ): Promise<T> {
    const queuedMs = performance.now();
    if (this.#hasPlace()) this.#running.push(waiting.datasetUrn);
    else await this.#wait(waiting, onWait);
    try {
      for (const signal of waiting.signals) signal.throwIfAborted();
      return await work(performance.now() - queuedMs);
    } finally {
      this.#running.splice(this.#running.indexOf(waiting.datasetUrn), 1);
      this.#startNext();
    }
  }

  #hasPlace(): boolean {
    return this.#running.length < this.#maxRuns;
  }

  /** Resolves with a place taken. */
  async #wait(waiting: Waiting, onWait: (before: number) => void): Promise<void> {
    this.requireRoom();
    onWait(this.#length);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { signals, caller } = waiting;
    for (const signal of signals) signal.throwIfAborted();
    const waiter: Waiter = { ...waiting, start: resolve };
    const leave = ({ target }: Event) => {
      this.#remove(waiter);
      reject((target as AbortSignal).reason);
    };
    for (const signal of signals) signal.addEventListener("abort", leave);
    const others = this.#waiting.get(caller);
    if (others === undefined) this.#waiting.set(caller, [waiter]);
    else others.push(waiter);
    this.#length++;
    try {
      await promise;
    } finally {
      for (const signal of signals) signal.removeEventListener("abort", leave);
    }
  }

  /** Gives free places to those whose turn it is. */
  #startNext(): void {
    while (this.#hasPlace()) {
      const next = this.#findNext();
      if (next === undefined) return;
      this.#remove(next);
      const others = this.#waiting.get(next.caller);
      if (others !== undefined) { // the next turn is another caller's
        this.#waiting.delete(next.caller);
        this.#waiting.set(next.caller, others);
      }
      this.#running.push(next.datasetUrn);
      next.start();
    }
  }

  /** The first run on a dataset that has no run, of the first caller who has such a one. */
  #findNext(): Waiter | undefined {
    for (const own of this.#waiting.values()) {
      const next = own.find(({ datasetUrn }) => !this.#running.includes(datasetUrn));
      if (next !== undefined) return next;
    }
    return undefined;
  }

  #remove(waiter: Waiter): void {
    const own = this.#waiting.get(waiter.caller);
    const place = own?.indexOf(waiter) ?? -1;
    if (own === undefined || place === -1) return;
    own.splice(place, 1);
    if (own.length === 0) this.#waiting.delete(waiter.caller);
    this.#length--;
  }
}
