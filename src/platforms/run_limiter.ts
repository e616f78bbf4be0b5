/** A limit on the runs that use one database at once: each holds connections for as long as it lasts. */
import { ServiceError } from "../errors.ts";

/** How many runs may use a database at once. */
export const MAX_RUNS = 8;

/** Counts the runs on one database, and refuses those beyond the limit. */
export class RunLimiter {
  readonly #place: string;
  #running = 0;

  /** `place` is what messages call it, such as `database`. */
  constructor(place: string) {
    this.#place = place;
  }

  /** Does `work`, unless `MAX_RUNS` are under way: then it throws `run_in_progress`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_RUNS) {
      throw new ServiceError(
        "run_in_progress",
        `Cannot start the run: ${MAX_RUNS} other runs are under way on this ${this.#place}`,
      );
    }
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }
}
