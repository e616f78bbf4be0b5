/** Samples what the values of columns look like. The database counts; no value leaves it. */
import { sampleColumns } from "../../action/plan_dataset.ts";
import type { FormCounts } from "../../platforms/forms.ts";
import { DEFAULT_RUN_OPTIONS } from "../../run_options.ts";
import type { RunService } from "../../runs/run_service.ts";
import { type LooksByColumn, looksOf } from "./looks.ts";
import type { Reconciled } from "./outcome.ts";

/**
 * Samples the columns that wait or were counted only. Empty if there are none, or if they cannot be sampled:
 * that is no reason to fail.
 */
export async function findLooks(
  { datasetUrn, outcome, tagged, unconfirmed }: Reconciled,
  runs: RunService,
): Promise<LooksByColumn> {
  const isOpen = outcome.kind === "waiting_for_approval" || outcome.kind === "observed";
  const columns = [...(isOpen ? tagged.filter((each) => !each.isApproved) : []), ...unconfirmed];
  if (columns.length === 0) return new Map();
  const names = columns.map(({ name }) => name);
  const trigger = { ...DEFAULT_RUN_OPTIONS, dryRun: true, datasetUrn, columns: names };
  const cause = { kind: "sweep", actor: null } as const;
  const sampled = await runs.aside({ trigger, cause }, sampleColumns)
    .catch(() => new Map<string, FormCounts>());
  return new Map(columns.flatMap((column) => {
    const counts = sampled.get(column.name);
    return counts === undefined || counts.sampled === 0
      ? []
      : [[column.name, looksOf(column, counts)]];
  }));
}
