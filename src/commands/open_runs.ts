/** The runs of a command: where they are kept, as the settings say. */
import type { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { Config } from "../config.ts";
import { toProblem } from "../http/problem.ts";
import { MemoryRunStore } from "../runs/memory_run_store.ts";
import { RunService } from "../runs/run_service.ts";

/** What it takes from the settings. */
export type RunSettings = Pick<Config, "maxQueuedRuns">;

/** Opens the history of runs, and makes what starts them. */
// deno-lint-ignore require-await -- a history elsewhere is to be opened
export async function openRuns(
  { maxQueuedRuns }: RunSettings,
  action: ActionDependencies,
  registry: RunRegistry,
): Promise<RunService> {
  return new RunService({
    store: new MemoryRunStore(),
    action,
    registry,
    toProblem,
    maxQueuedRuns,
  });
}
