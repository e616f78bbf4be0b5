/** The runs in progress, so that a shutdown can wait for them, and then end them. */
import { ServiceError } from "../errors.ts";

/** Starts runs until it is drained. */
export class RunRegistry {
  readonly #running = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  #draining = false;

  /** How many runs are in progress. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Runs `work` with a signal that ends it early. Throws `shutting_down`, without a run, once
   * `drain` was called.
   */
  start<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#draining) throw shuttingDown("start the run");
    const running = work(this.#abort.signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /**
   * Refuses new runs, and gives those in progress `graceMs` milliseconds to finish. After that it ends
   * them, which rolls them back. Resolves when none is left.
   */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    const timer = setTimeout(() => this.#abort.abort(shuttingDown("finish the run")), graceMs);
    await Promise.allSettled([...this.#running]);
    clearTimeout(timer);
  }
}

function shuttingDown(action: string): ServiceError {
  return new ServiceError("shutting_down", `Cannot ${action}: the action is shutting down`);
}
