/** The time limit of a run, so that one that never ends cannot keep its place for ever. */
import { follow } from "../async.ts";
import { ServiceError } from "../errors.ts";

/**
 * Calls `work` with a signal that is aborted with `signal`, or after `limitMs` milliseconds, then for the
 * reason `timeout`. Ending is left to `work`, which rolls back and so may take a little longer.
 */
export async function withTimeLimit<T>(
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(tooLong(limitMs)), limitMs);
  const unfollow = follow(limit, signal);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    unfollow();
  }
}

function tooLong(limitMs: number): ServiceError {
  return new ServiceError(
    "timeout",
    `Cannot finish the run: it took longer than RUN_TIMEOUT_MS allows, ${limitMs} ms`,
  );
}
