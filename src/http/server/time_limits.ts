/**
 * Limits for how long things may take, with one timer for all of them: it stays when something is done in time,
 * and is set again where it fires too early. Setting and clearing one for each takes longer than most of what
 * it is to limit.
 */

/** Something under way. */
interface Limited {
  /** On the clock of `performance`. */
  readonly endsAtMs: number;
}

/** The limits of one connection. */
export class TimeLimits {
  readonly #onOver: () => void;
  readonly #underWay = new Set<Limited>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firesAtMs = Infinity;

  /** `onOver` is called when something has taken too long, and is to make it fail. */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** The result of `work`, which may take `limitMs` milliseconds. Throws what it throws. */
  async within<T>(limitMs: number, work: Promise<T>): Promise<T> {
    const limited = { endsAtMs: performance.now() + limitMs };
    this.#underWay.add(limited);
    this.#fireBy(limited.endsAtMs);
    try {
      return await work;
    } finally {
      this.#underWay.delete(limited);
    }
  }

  /** Limits nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#firesAtMs = -Infinity;
  }

  #fireBy(atMs: number): void {
    if (atMs >= this.#firesAtMs) return;
    clearTimeout(this.#timer);
    this.#firesAtMs = atMs;
    this.#timer = setTimeout(() => this.#check(), atMs - performance.now());
  }

  #check(): void {
    this.#firesAtMs = Infinity;
    let endsAtMs = Infinity;
    for (const each of this.#underWay) endsAtMs = Math.min(endsAtMs, each.endsAtMs);
    if (endsAtMs <= performance.now()) this.#onOver();
    else if (endsAtMs < Infinity) this.#fireBy(endsAtMs);
  }
}
