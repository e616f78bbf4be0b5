/** Every way to do the work on Postgres. */
import type { ActionOptions, RunOptions } from "../../support/action_fixture.ts";

/** How the action is configured, and what its run is asked for. */
export interface WayOfWork {
  readonly options: ActionOptions;
  readonly run: RunOptions;
}

/** By what they are called in the titles of tests. */
export const WAYS_OF_WORK: Readonly<Record<string, WayOfWork>> = {
  "client": { options: {}, run: {} },
  "pushdown": { options: { pushdown: true }, run: {} },
  "batches, client": { options: {}, run: { commit: "batches" } },
  "batches, pushdown": { options: { pushdown: true }, run: { commit: "batches" } },
  "rewrite": { options: {}, run: { strategy: "rewrite" } },
};
