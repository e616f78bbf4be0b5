/**
 * What slows a run down: a rate, a pause that somebody asked for, and a server that is strained. A run
 * passes it before each batch, as gh-ost does before each chunk, so a batch under way is never held up.
 *
 * Source of the model: gh-ost's documentation, "Throttle".
 */
import { abortable, delay } from "../async.ts";

/** What can be changed in a run under way. */
export const ADJUSTABLE = ["rows_per_second", "connections", "paused"] as const;
/** What can be changed in a run under way. */
export type Adjustable = (typeof ADJUSTABLE)[number];

/** What was asked of a run. */
export interface ThrottleSettings {
  /** The most rows to write in a second; null for no limit. */
  readonly rows_per_second: number | null;
  /** How many connections may write at once; null leaves it to the platform. */
  readonly connections: number | null;
  readonly paused: boolean;
}

/** Nothing is limited. */
export const NO_THROTTLE: ThrottleSettings = {
  rows_per_second: null,
  connections: null,
  paused: false,
};

/** What a run waits for. */
export interface Throttled {
  readonly by: "request" | "server" | "rate";
  /** The same in words. */
  readonly reason: string;
}

/** Whom a throttle reports to. */
export interface ThrottleListener {
  /** What can be changed, once that is known. */
  onAdjustable?(adjustable: readonly Adjustable[]): void;
  /** What the run waits for from now on; undefined if it goes on. */
  onThrottled?(throttled: Throttled | undefined): void;
}

/** How a run passes the throttle. */
export interface PassOptions {
  readonly signal: AbortSignal;
  /** Why the server needs a rest, in words; undefined if it does not. Asked again while the run waits. */
  readonly strain?: (() => Promise<string | undefined>) | undefined;
  /** Called before the first wait. */
  readonly onWait?: () => Promise<void>;
}

/** How often the server is asked again. */
const STRAIN_PAUSE_MS = 500;
/** A wait for the rate that is shorter than this is not worth a word. */
const LONG_WAIT_MS = 1000;

const PAUSED: Throttled = { by: "request", reason: "a request to pause" };

/** The throttle of one run. */
export class Throttle {
  readonly #listener: ThrottleListener;
  #settings: ThrottleSettings;
  #changed = Promise.withResolvers<void>();
  /** When the rate allows the next batch, on the clock of `performance`. */
  #nextAtMs = 0;
  #throttled: Throttled | undefined;

  constructor(settings: ThrottleSettings = NO_THROTTLE, listener: ThrottleListener = {}) {
    this.#settings = settings;
    this.#listener = listener;
  }

  /** What is asked of the run at present. */
  get settings(): ThrottleSettings {
    return this.#settings;
  }

  /** Changes what is asked of the run. */
  set(settings: ThrottleSettings): void {
    if (ADJUSTABLE.every((each) => settings[each] === this.#settings[each])) return;
    const { rows_per_second: rate } = settings;
    // a debt at the old rate is not to be paid at the new one
    if (rate !== this.#settings.rows_per_second) this.#nextAtMs = 0;
    this.#settings = settings;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** Says what can be changed in this run. */
  allow(adjustable: readonly Adjustable[]): void {
    this.#listener.onAdjustable?.(adjustable);
  }

  /** Resolves as soon as anything is asked of the run. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Resolves when the next batch may begin. Throws the signal's reason. */
  async pass({ signal, strain, onWait }: PassOptions): Promise<void> {
    let hasWaited = false;
    for (;;) {
      signal.throwIfAborted();
      const { changed } = this;
      const wait = await this.#nextWait(strain);
      if (wait === undefined) break;
      if (!hasWaited) await onWait?.();
      hasWaited = true;
      if (wait.throttled !== undefined) this.#report(wait.throttled);
      if (wait.forMs === undefined) await abortable(changed, signal);
      else await waitFor(wait.forMs, changed, signal);
    }
    this.#report(undefined);
  }

  /** Counts rows that were written, against the rate. */
  wrote(rows: number): void {
    const { rows_per_second: rate } = this.#settings;
    if (rate === null) return;
    const nowMs = performance.now();
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs) + rows / rate * 1000;
  }

  /** Why and how long to wait, at present; undefined if there is nothing to wait for. */
  async #nextWait(
    strain: PassOptions["strain"],
  ): Promise<{ readonly throttled?: Throttled; readonly forMs?: number } | undefined> {
    if (this.#settings.paused) return { throttled: PAUSED };
    const strained = await strain?.();
    if (strained !== undefined) {
      return { throttled: { by: "server", reason: strained }, forMs: STRAIN_PAUSE_MS };
    }
    const forMs = this.#nextAtMs - performance.now();
    if (forMs <= 0) return undefined;
    const { rows_per_second: rate } = this.#settings;
    if (forMs < LONG_WAIT_MS) return { forMs };
    return { throttled: { by: "rate", reason: `the rate of ${rate} rows a second` }, forMs };
  }

  #report(throttled: Throttled | undefined): void {
    if (throttled?.reason === this.#throttled?.reason) return;
    this.#throttled = throttled;
    this.#listener.onThrottled?.(throttled);
  }
}

/** A throttle with that rate to begin with; undefined for no limit. */
export function newThrottle(rowsPerSecond?: number, listener?: ThrottleListener): Throttle {
  return new Throttle({ ...NO_THROTTLE, rows_per_second: rowsPerSecond ?? null }, listener);
}

async function waitFor(forMs: number, changed: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const waiting = delay(forMs, stop);
  waiting.catch(() => {}); // ended because something changed
  try {
    await Promise.race([waiting, changed]);
  } finally {
    over.abort();
  }
}
