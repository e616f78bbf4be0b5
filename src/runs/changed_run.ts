/** A run with a change or a request applied: the rules that every store follows. */
import { NO_THROTTLE } from "../platforms/throttle.ts";
import { canBecome, isFinal, type Run, type RunState } from "./run.ts";
import type { RunChange, RunRequest } from "./run_store.ts";

/** The run after `change`; undefined if it may not be changed so. */
export function changed(run: Run, from: readonly RunState[], change: RunChange): Run | undefined {
  const { releasesKey: _, ...fields } = change;
  const isAllowed = fields.state === undefined
    ? !isFinal(run.state)
    : canBecome(run.state, fields.state);
  return from.includes(run.state) && isAllowed ? { ...run, ...fields } : undefined;
}

/** The run with what is asked of it; the same one if it has ended. */
export function requested(run: Run, { cancel, throttle }: RunRequest): Run {
  if (isFinal(run.state)) return run;
  return {
    ...run,
    ...(throttle && { throttle: { ...NO_THROTTLE, ...run.throttle, ...throttle } }),
    ...(cancel && { cancel_requested: true }),
  };
}
