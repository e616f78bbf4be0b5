/**
 * Waiting: for a while, with a limit, until a signal, in turn. The names are those of Deno's standard
 * library (`@std/async`), which is not on npm.
 */

/** Resolves after `durationMs` milliseconds. Throws the signal's reason as soon as it is aborted. */
export async function delay(durationMs: number, signal?: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, durationMs);
  try {
    await (signal === undefined ? over.promise : abortable(over.promise, signal));
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves as soon as the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * The result of `work`. Throws the signal's reason as soon as it is aborted, or `graceMs` milliseconds
 * later. `work` itself goes on; its failure is then ignored.
 */
export async function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal,
  graceMs = 0,
): Promise<T> {
  const ended = Promise.withResolvers<never>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => ended.reject(signal.reason);
  const abort = () => {
    if (graceMs === 0) end();
    else timer = setTimeout(end, graceMs);
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Aborts `controller` as soon as `signal` is aborted, for its reason, unless the function that is returned is
 * called before. What `AbortSignal.any` gives hangs on its sources until the garbage collector finds it.
 */
export function follow(controller: AbortController, signal: AbortSignal): () => void {
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  return () => signal.removeEventListener("abort", abort);
}

/** What `deadline` takes beside the work. */
export interface DeadlineOptions {
  /** How long the work may take. */
  readonly limitMs: number;
  /** Makes what is thrown when the time is over. By default a `TimeoutError`, as `fetch` throws it. */
  readonly reason?: () => Error;
  /** Ends the work early, with its own reason. */
  readonly signal?: AbortSignal;
}

/**
 * The result of `work`, which is called with a signal that is aborted when the time is over. Throws
 * `reason()` then, whether or not the work heeds the signal.
 */
export async function deadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { limitMs, reason = timedOut, signal }: DeadlineOptions,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(reason()), limitMs);
  const unfollow = signal && follow(limit, signal);
  try {
    return await abortable(work(limit.signal), limit.signal);
  } finally {
    clearTimeout(timer);
    unfollow?.();
  }
}

function timedOut(): Error {
  return new DOMException("The time is over", "TimeoutError");
}

/** Waits until `work` has settled, but `limitMs` milliseconds at most. Never throws. */
export async function settleWithin(limitMs: number, work: Promise<unknown>): Promise<void> {
  await deadline(() => work, { limitMs }).catch(() => {});
}

/** How long to wait between attempts. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after the failure of an attempt, of which the first is number 1: doubled each
 * time, and by up to a half less at random, so that those who failed together do not come back together.
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: BackoffOptions): number {
  return Math.min(maxMs, firstMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/** A number of places. Each piece of work takes one for as long as it lasts. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  /** Does `work` as soon as a place is free: first come, first served. Throws what it throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * Calls `work` with each item, at most `limit` at a time, and takes the next item only when there is a
 * place for it. After a failure no further item is taken; once nothing is under way any more, the first
 * failure is thrown.
 */
export async function pool<T>(
  limit: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const iterator = iterate(items);
  const worker = async () => {
    try {
      while (failures.length === 0) {
        const { value, done } = await iterator.next();
        if (done || failures.length > 0) break;
        await work(value);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length === 0) return;
  await iterator.return(undefined).catch(() => {}); // the first failure is the one to report
  throw failures[0];
}

/** One iterator for both, whose `next` may be called several times at once. */
async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* items;
}

/** A promise that may fail before anybody waits for it; waiting for it then still throws. */
export function inFlight<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
