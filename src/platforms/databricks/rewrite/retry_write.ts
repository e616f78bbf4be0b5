/**
 * Going on after what other writers or the network did to a write. Each time the work begins again
 * from what it reads, since what it read before may have changed.
 */
import { backoffMs, delay } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { RunContext } from "../../platform.ts";
import { BACKOFF } from "../connection/await_warehouse.ts";
import { LostAnswer } from "../connection/warehouse_errors.ts";

/** How often in a row, with nothing written in between. */
const ATTEMPTS = 6;

/**
 * Runs `work` until it gets through. `written` says how far it has come: as long as that grows, it
 * may go on. Throws `conflict` or `database_unreachable` when there were too many attempts.
 */
export async function persevere<T>(
  action: string,
  run: RunContext,
  written: () => number,
  work: () => Promise<T>,
): Promise<T> {
  let before = written();
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      run.signal.throwIfAborted();
      const failure = failureOf(error, action);
      if (failure === undefined) throw error;
      if (written() > before) attempt = 1;
      before = written();
      if (attempt >= ATTEMPTS) throw failure;
      run.observe({ event: "retrying", runId: run.runId, attempt, facts: failure.facts });
      await delay(backoffMs(attempt, BACKOFF), run.signal);
    }
  }
}

/** What to report in the end of an error after which it makes sense to try again. */
function failureOf(error: unknown, action: string): ServiceError | undefined {
  if (error instanceof LostAnswer) {
    return new ServiceError(
      "database_unreachable",
      `Cannot ${action}: the connection to the warehouse was lost again and again`,
      { cause: "CONNECTION_LOST" },
    );
  }
  return error instanceof ServiceError && error.code === "conflict" ? error : undefined;
}
