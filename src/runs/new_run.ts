/** A run as it begins: in the queue, with nothing known but what was asked for. */
import type { Trigger } from "../action/trigger.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { now } from "./live_run.ts";
import type { Cause, Run } from "./run.ts";

/** The document of a new run. */
export function newRun(
  runId: string,
  { datasetUrn, columns, dryRun }: Trigger,
  cause: Cause,
): Run {
  return {
    run_id: runId,
    state: "queued",
    dataset_urn: datasetUrn,
    platform: platformOf(datasetUrn),
    table: null,
    columns,
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
