/** What each observation adds to the metrics. Labels get known values only: any other text is `other`. */
import type { Observation } from "../observations.ts";
import { ERROR_CODES } from "../errors.ts";
import { PHASES } from "../phases.ts";
import type { Tally } from "./tally.ts";

/** What a label says that is none of the known values. */
const OTHER = "other";

/** What may come of a dataset in DataHub, as `dataset_reconciled` says it. */
const RECONCILIATIONS: readonly string[] = [
  "left_alone",
  "stands_for",
  "untagged",
  "nothing_to_do",
  "done",
  "observed",
  "waiting_for_approval",
  "refused",
  "failed",
];

/** A run that is under way. */
interface RunUnderWay {
  readonly platform: string;
  /** Rows that it has written so far. */
  written: number;
}

/** Counts what is observed. */
export class ObservationCounter {
  readonly #tally: Tally;
  readonly #platforms: readonly string[];
  readonly #inUse: readonly string[];
  readonly #running = new Map<string, RunUnderWay>();

  /**
   * `platforms` are the values of that label. The series of those in use begin at 0: an increase from
   * nothing to 1 is none to Prometheus, so that the first failure would be missed.
   */
  constructor(tally: Tally, platforms: readonly string[], inUse: readonly string[]) {
    this.#tally = tally;
    this.#platforms = platforms;
    this.#inUse = inUse;
    for (const platform of inUse) {
      tally.add("tokenize_runs_started_total", { platform }, 0);
      for (const outcome of ["succeeded", "dry_run", ...ERROR_CODES]) {
        tally.add("tokenize_runs_total", { platform, outcome }, 0);
      }
      tally.add("tokenize_rows_updated_total", { platform }, 0);
      tally.add("tokenize_rows_written_total", { platform }, 0);
      for (const phase of PHASES) tally.add("tokenize_phase_seconds_total", { platform, phase }, 0);
    }
  }

  /** How many runs are under way on each platform. */
  get running(): ReadonlyMap<string, number> {
    const counts = new Map(this.#inUse.map((platform) => [platform, 0]));
    for (const { platform } of this.#running.values()) {
      counts.set(platform, (counts.get(platform) ?? 0) + 1);
    }
    return counts;
  }

  /** The platform in a dataset's URN, if it is one of the known ones. */
  platformOf(datasetUrn: string): string {
    const [, name = ""] = /^urn:li:dataset:\(urn:li:dataPlatform:([^,]*),/.exec(datasetUrn) ?? [];
    return known(name, this.#platforms);
  }

  /** Counts one thing that happened. */
  observe(seen: Observation): void {
    const tally = this.#tally;
    switch (seen.event) {
      case "run_started":
      case "batch_written":
      case "run_finished":
      case "run_failed":
        return this.#observeRun(seen);
      case "retrying":
        return tally.add("tokenize_run_retries_total");
      case "run_throttled":
        return tally.add("tokenize_run_throttles_total");
      case "run_resumed":
        return tally.add("tokenize_run_throttled_seconds_total", {}, seen.waitedMs / 1000);
      case "run_warned":
        return tally.add("tokenize_run_warnings_total");
      case "residue_found":
        return tally.add("tokenize_runs_with_residue_total", {}, seen.remains === "" ? 0 : 1);
      case "request_refused": {
        const outcome = known(seen.code, ERROR_CODES);
        return tally.add("tokenize_requests_refused_total", { outcome });
      }
      case "connections_dropped":
        return tally.add("tokenize_http_connections_dropped_total", {}, seen.connections);
      case "dataset_reconciled": {
        const outcome = known(seen.outcome, RECONCILIATIONS);
        return tally.add("tokenize_datahub_reconciliations_total", { outcome });
      }
      case "datahub_sweep_finished":
        return tally.add("tokenize_datahub_sweeps_total", { outcome: "succeeded" });
      case "datahub_sweep_failed":
        return tally.add("tokenize_datahub_sweeps_total", { outcome: "failed" });
      case "datahub_report_failed":
        return tally.add("tokenize_datahub_reports_failed_total");
      case "unexpected_failure":
        return tally.add("tokenize_unexpected_failures_total");
    }
  }

  #observeRun(
    seen: Extract<
      Observation,
      { event: "run_started" | "batch_written" | "run_finished" | "run_failed" }
    >,
  ): void {
    const tally = this.#tally;
    if (seen.event === "batch_written") {
      const run = this.#running.get(seen.runId);
      if (run === undefined || seen.updated <= run.written) return;
      const by = seen.updated - run.written;
      run.written = seen.updated;
      return tally.add("tokenize_rows_written_total", { platform: run.platform }, by);
    }
    const platform = this.platformOf(seen.datasetUrn);
    if (seen.event === "run_started") {
      this.#running.set(seen.runId, { platform, written: 0 });
      return tally.add("tokenize_runs_started_total", { platform });
    }
    this.#running.delete(seen.runId);
    tally.enter("tokenize_run_duration_seconds", seen.elapsedMs / 1000, { platform });
    if (seen.event === "run_failed") {
      const outcome = known(seen.code, ERROR_CODES);
      return tally.add("tokenize_runs_total", { platform, outcome });
    }
    const outcome = seen.dryRun ? "dry_run" : "succeeded";
    tally.add("tokenize_runs_total", { platform, outcome });
    if (!seen.dryRun) tally.add("tokenize_rows_updated_total", { platform }, seen.updated);
  }
}

function known(value: string, values: readonly string[]): string {
  return values.includes(value) ? value : OTHER;
}
