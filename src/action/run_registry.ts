/** The runs in progress, so that a shutdown can wait for them, and then end them. */
import { ServiceError } from "../errors.ts";

const SHUTTING_DOWN = "the action is shutting down";

/** Starts runs until it is drained. */
export class RunRegistry {
  readonly #running = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  readonly #draining = new AbortController();

  /** How many runs are in progress. */
  get size(): number {
    return this.#running.size;
  }

  /** Aborted, with a reason for runs that have not begun, once `drain` was called. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /**
   * Runs `work` with a signal that ends it early. Throws `shutting_down`, without a run, once
   * `drain` was called.
   */
  start<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.draining.throwIfAborted();
    const running = work(this.#abort.signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /**
   * Refuses new runs, and gives those in progress `graceMs` milliseconds to finish. After that it ends
   * them for that `reason`, which rolls back what they have not committed. Resolves when none is left.
   */
  async drain(graceMs: number, reason = SHUTTING_DOWN): Promise<void> {
    this.#draining.abort(shuttingDown("start the run", reason));
    const end = () => this.#abort.abort(shuttingDown("finish the run", reason));
    const timer = setTimeout(end, graceMs);
    await Promise.allSettled([...this.#running]);
    clearTimeout(timer);
  }
}

function shuttingDown(action: string, reason = SHUTTING_DOWN): ServiceError {
  return new ServiceError("shutting_down", `Cannot ${action}: ${reason}`);
}
