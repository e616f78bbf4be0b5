/** What any of the processes does for all: it ends the runs of those that are gone, and deletes what is old. */
import { delay } from "../async.ts";
import { ServiceError } from "../errors.ts";
import type { Observe } from "../observations.ts";
import type { Problem } from "../runs/run.ts";
import { DELETE_OLD_EVENTS, DELETE_OLD_RECEIPTS, DELETE_OLD_RUNS } from "./sql/delete_old.ts";
import { END_LOST_RUNS, WATCH_OWNERS } from "./sql/owners.ts";
import type { Statements } from "./statements.ts";

/** How long a process may be gone before its runs end: one that was only cut off is back by then. */
const LOST_AFTER_MS = 10_000;
/** How often processes that are gone are looked for. */
const LOST_INTERVAL_MS = 3000;
const DELETION_INTERVAL_MS = 600_000;
/** How many rows a deletion takes at a time, and the pause after each. */
const DELETED_AT_ONCE = 500;
const PAUSE_MS = 200;

/** What it works with. */
export interface HousekeepingDependencies {
  readonly owner: string;
  readonly statements: Pick<Statements, "run">;
  /** How long a run is kept after its end. */
  readonly retentionMs: number;
  readonly observe: Observe;
  readonly toProblem: (error: ServiceError) => Problem;
  /** Called after runs of others were ended. */
  readonly onEnded: () => void;
  /** Called if old runs could not be deleted. */
  readonly onFailure: (error: unknown) => void;
}

/** Does each piece of the work when it is due. */
export class Housekeeping {
  readonly #deps: HousekeepingDependencies;
  #lookedAtMs = -Infinity;
  #deletedAtMs = -Infinity;
  #deleting: Promise<void> | undefined;

  constructor(deps: HousekeepingDependencies) {
    this.#deps = deps;
  }

  /** Does what is due. Deletions go on in the background, until the signal is aborted. Throws a `ServiceError`. */
  async keep(signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs >= LOST_INTERVAL_MS) {
      this.#lookedAtMs = nowMs;
      await this.#endLostRuns();
    }
    if (nowMs - this.#deletedAtMs >= DELETION_INTERVAL_MS) {
      this.#deletedAtMs = nowMs;
      this.#deleting ??= this.#deleteOld(signal).finally(() => this.#deleting = undefined);
    }
  }

  async #endLostRuns(): Promise<void> {
    const { owner, statements, observe, toProblem, onEnded } = this.#deps;
    await statements.run("find processes that are gone", WATCH_OWNERS);
    const problems = [lostWhileRunning(), lostWhileQueued()].map(toProblem);
    const [row] = await statements.run<[owners: number, runs: number]>(
      "end runs of processes that are gone",
      END_LOST_RUNS,
      [String(LOST_AFTER_MS), owner, ...problems.map((each) => JSON.stringify(each))],
    );
    const [owners, runs] = row!;
    if (owners > 0) observe({ event: "history_owners_lost", owners, runs });
    if (runs > 0) onEnded();
  }

  async #deleteOld(signal: AbortSignal): Promise<void> {
    const { statements, observe, onFailure } = this.#deps;
    try {
      await statements.run("delete old events", DELETE_OLD_EVENTS);
      await this.#deleteInSteps(DELETE_OLD_RECEIPTS, signal);
      const runs = await this.#deleteInSteps(DELETE_OLD_RUNS, signal);
      if (runs > 0) observe({ event: "history_pruned", runs });
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
  }

  /** Gives how many rows were deleted. */
  async #deleteInSteps(text: string, signal: AbortSignal): Promise<number> {
    const { statements, retentionMs } = this.#deps;
    const parameters = [String(retentionMs), String(DELETED_AT_ONCE)];
    for (let total = 0;;) {
      const [row] = await statements.run<[deleted: number]>("delete old runs", text, parameters);
      total += row![0];
      if (row![0] < DELETED_AT_ONCE) return total;
      await delay(PAUSE_MS, signal);
    }
  }
}

function lostWhileRunning(): ServiceError {
  return new ServiceError(
    "run_interrupted",
    "Cannot tell whether the run was committed: the process that executed it is gone; run it again, " +
      "which changes nothing if it was",
  );
}

function lostWhileQueued(): ServiceError {
  return new ServiceError(
    "run_interrupted",
    "Cannot start the run: the process in which it waited is gone; nothing was changed",
  );
}
