/** A run as it begins: in the queue, with nothing known but what was asked for. */
import type { Trigger } from "../action/trigger.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import type { Operation } from "../run_options.ts";
import { now } from "./live_run.ts";
import type { Cause, Run } from "./run.ts";

/** What is known of a run before it begins. */
export interface RunBeginning {
  readonly runId: string;
  readonly operation: Operation;
  readonly trigger: Trigger;
  readonly cause: Cause;
}

/** The document of a new run. */
export function newRun(
  { runId, operation, trigger: { datasetUrn, columns, dryRun }, cause }: RunBeginning,
): Run {
  return {
    run_id: runId,
    state: "queued",
    dataset_urn: datasetUrn,
    platform: platformOf(datasetUrn),
    table: null,
    columns,
    operation,
    dry_run: dryRun,
    cause,
    progress: null,
    created_at: now(),
    started_at: null,
    finished_at: null,
    report: null,
    problem: null,
  };
}

function platformOf(datasetUrn: string): string | null {
  try {
    return parseDatasetUrn(datasetUrn).platform;
  } catch {
    return null;
  }
}
