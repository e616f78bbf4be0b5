/**
 * Retries work after a conflict with another writer, or after a lost connection. It begins again from
 * what it reads, since what it read before may have changed.
 */
import { backoffMs, delay } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { RunContext } from "../../platform.ts";
import { BACKOFF } from "../connection/await_warehouse.ts";
import { OutcomeUnknownError, StaleHandleError } from "../connection/warehouse_errors.ts";

/** How many in a row without anything written in between. */
const ATTEMPTS = 6;

/**
 * The result of `work`, which is repeated from the start after each failure that may pass. `action`
 * says what it is for, as in "Cannot <action>". `written` gives the rows written so far: as long as
 * they grow, the attempts are counted from the beginning.
 *
 * Throws `conflict` or `database_unreachable` after too many attempts, and any other failure at once.
 */
export async function retryFromRead<T>(
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
      const failure = passingFailure(error, action);
      if (failure === undefined) throw error;
      if (written() > before) attempt = 1;
      before = written();
      if (attempt >= ATTEMPTS) throw failure;
      run.observe({ event: "retrying", runId: run.runId, attempt, facts: failure.facts });
      await delay(backoffMs(attempt, BACKOFF), run.signal);
    }
  }
}

/** What to report in the end of an error that may pass; undefined for any other. */
function passingFailure(error: unknown, action: string): ServiceError | undefined {
  if (error instanceof OutcomeUnknownError || error instanceof StaleHandleError) {
    return new ServiceError(
      "database_unreachable",
      `Cannot ${action}: the connection to the warehouse was lost repeatedly`,
      { cause: "CONNECTION_LOST" },
    );
  }
  return error instanceof ServiceError && error.code === "conflict" ? error : undefined;
}
