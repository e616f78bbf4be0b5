/** The runs under way, so that a shutdown can wait for them, and then end them. */
import { ServiceError } from "../errors.ts";

/** Starts runs while it may, and drains them. */
export class RunRegistry {
  readonly #running = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  #draining = false;

  /** How many runs are under way. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Runs `work` with the signal that ends it early. Once draining, it throws `shutting_down` at once,
   * and there is no run.
   */
  start<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#draining) throw shuttingDown("start the run");
    const running = work(this.#abort.signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /**
   * Refuses new runs, gives those under way `graceMs` milliseconds to finish, then ends them, which
   * rolls them back. Resolves when none is left.
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
