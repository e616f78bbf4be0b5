/** What surrounds a look at a table that is no run: it is a dry run that nobody follows. */
import type { ResolvedName } from "../datahub/allowed_datasets.ts";
import type { ServiceError } from "../errors.ts";
import type { Observe } from "../observations.ts";
import { PhaseClock } from "../phases.ts";
import { Throttle } from "../platforms/throttle.ts";
import type { RunContext } from "../platforms/platform.ts";
import type { RunOptions } from "../run_options.ts";

/** What it reports to, and what ends it. */
export interface DryRunControl {
  readonly observe: Observe;
  readonly signal: AbortSignal;
  /** See `RunContext`. */
  readonly maySuggest: (table: ResolvedName) => boolean;
  /** See `RunContext`. */
  readonly onObstacle?: (obstacle: ServiceError) => void;
  /** See `RunContext`. */
  readonly onUntried?: (conditions: readonly string[]) => void;
}

/** The context of such a look. */
export function dryRunContext(
  { commit, strategy, scrub, connections }: RunOptions,
  control: DryRunControl,
): RunContext {
  return {
    runId: crypto.randomUUID(),
    dryRun: true,
    commit,
    strategy,
    scrub,
    connections,
    throttle: new Throttle(),
    clock: new PhaseClock(),
    progress: () => {},
    warn: () => {},
    ...control,
  };
}
