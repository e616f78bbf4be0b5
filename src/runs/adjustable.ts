/** Whether what is asked of a run under way can be done. */
import { ServiceError } from "../errors.ts";
import type { Adjustable } from "../platforms/throttle.ts";
import { isFinal, type Run, type RunThrottle } from "./run.ts";

/**
 * Throws `run_not_adjustable` if the run has ended, or works in a way that cannot be changed so; `conflict`
 * if it is not under way yet.
 */
export function requireAdjustable(
  { state, adjustable }: Run,
  throttle: Partial<RunThrottle>,
): void {
  if (isFinal(state)) throw refused("it has ended");
  if (adjustable === undefined) {
    throw new ServiceError(
      "conflict",
      "Cannot change the run: it does not write yet; try again when it does",
    );
  }
  const asked = Object.keys(throttle) as Adjustable[];
  const others = asked.filter((each) => !adjustable.includes(each));
  if (others.length === 0) return;
  if (adjustable.length === 0) {
    throw refused('its work is one statement in the database; commit "batches" can be changed');
  }
  const names = others.map((each) => `"${each}"`).join(" and ");
  throw refused(`${names} cannot be changed in one transaction; commit "batches" allows it`);
}

function refused(reason: string): ServiceError {
  return new ServiceError("run_not_adjustable", `Cannot change the run: ${reason}`);
}
