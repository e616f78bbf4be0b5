/** All that stands in the way of a dataset that is refused: a run says the first thing only. */
import { planDataset } from "../../action/plan_dataset.ts";
import type { Obstacle } from "../../action/plan_document.ts";
import { DEFAULT_RUN_OPTIONS } from "../../run_options.ts";
import type { RunService } from "../../runs/run_service.ts";
import type { Reconciled } from "./outcome.ts";

/** The obstacles; none if the dataset is not refused. */
export async function findObstacles(
  { datasetUrn, outcome, tagged }: Reconciled,
  runs: RunService,
): Promise<readonly Obstacle[]> {
  if (outcome.kind !== "refused") return [];
  const columns = tagged.map(({ name }) => name);
  const trigger = { ...DEFAULT_RUN_OPTIONS, dryRun: true, datasetUrn, columns };
  const cause = { kind: "sweep", actor: null } as const;
  const { obstacles } = await runs.aside(
    { trigger, cause },
    (trigger, action, control) => planDataset({ ...trigger, showShapes: false }, action, control),
  );
  return obstacles;
}
