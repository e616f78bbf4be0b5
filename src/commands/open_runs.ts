/** The runs of a command: where they are kept, as the settings say. */
import type { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { Config } from "../config.ts";
import type { History } from "../history/history.ts";
import { toProblem } from "../http/problem.ts";
import { MemoryRunStore } from "../runs/memory_run_store.ts";
import { RunService } from "../runs/run_service.ts";
import { openHistoryOf } from "./open_history.ts";

/** What it takes from the settings. */
export type RunSettings = Pick<Config, "maxQueuedRuns" | "history">;

/** Makes what starts runs, and keeps them in `history`; by default it opens that of the settings. */
export async function openRuns(
  settings: RunSettings,
  action: ActionDependencies,
  registry: RunRegistry,
  opened?: History,
): Promise<RunService> {
  const history = opened ?? await openHistoryOf(settings, action.observe);
  return new RunService({
    store: history?.runs ?? new MemoryRunStore(),
    owner: history?.owner,
    action,
    registry,
    toProblem,
    maxQueuedRuns: settings.maxQueuedRuns,
  });
}
