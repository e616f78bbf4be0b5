/** Choices of a trigger that contradict each other. */
import { ServiceError } from "../errors.ts";
import type { RunOptions } from "../run_options.ts";

/** Throws `invalid_request` for options that have no meaning together. */
export function requireCompatible(
  { dryRun, commit, strategy, scrub, rowsPerSecond }: RunOptions,
): void {
  if (commit === "batches" && strategy === "rewrite") {
    throw contradiction(
      'strategy "rewrite" is one change of the whole table, so commit "batches" has no meaning',
    );
  }
  if (strategy === "rewrite" && rowsPerSecond !== undefined) {
    throw contradiction(
      'strategy "rewrite" is one statement, so a number of rows per second has no meaning',
    );
  }
  if (scrub && dryRun) {
    throw contradiction('a dry run changes nothing, so "scrub" has no meaning');
  }
}

function contradiction(reason: string): ServiceError {
  return new ServiceError("invalid_request", `Cannot start the run: ${reason}`);
}
