/** A pause that slows down guessing. */
import { backoffMs, type BackoffOptions, delay } from "../async.ts";

const PAUSE: BackoffOptions = { firstMs: 50, maxMs: 2000 };
/** As many calls as make the pause its longest. */
const MAX_CALLS = 7;
/** How long it takes for one call to be forgotten. */
const FORGET_MS = 10_000;

/** Pauses that become longer with each call, up to two seconds, and shorter again while there are none. */
export class GrowingPause {
  #calls = 0;
  #lastMs = performance.now();

  /** Resolves after the pause. */
  async wait(): Promise<void> {
    const nowMs = performance.now();
    const forgotten = Math.floor((nowMs - this.#lastMs) / FORGET_MS);
    this.#calls = Math.min(MAX_CALLS, Math.max(0, this.#calls - forgotten) + 1);
    this.#lastMs = nowMs;
    await delay(backoffMs(this.#calls, PAUSE));
  }
}
