/** The metrics of this process: what is counted from its start on, and what is read when they are asked for. */
import type { Observation } from "../observations.ts";
import type { Meter, Phase } from "../phases.ts";
import type { GaugeName } from "./catalogue.ts";
import { ObservationCounter } from "./count_observations.ts";
import { type Labels, Tally } from "./tally.ts";

/** The value of a gauge at this moment. */
export interface Reading {
  readonly name: GaugeName;
  readonly labels?: Labels;
  readonly value: number;
}

/** Counts, cheaply: nothing is loaded, and no text is made, until somebody asks. */
export class Metrics implements Meter {
  /** What was counted. */
  readonly tally = new Tally();
  readonly #observations: ObservationCounter;

  /** `platforms` are those that this program knows, `inUse` those that it has connections for. */
  constructor(platforms: readonly string[], inUse: readonly string[]) {
    this.#observations = new ObservationCounter(this.tally, platforms, inUse);
    this.tally.add("tokenize_requests_refused_total", { outcome: "unauthorized" }, 0);
    for (
      const name of [
        "tokenize_run_retries_total",
        "tokenize_run_throttles_total",
        "tokenize_run_throttled_seconds_total",
        "tokenize_run_warnings_total",
        "tokenize_runs_with_residue_total",
        "tokenize_token_sdk_errors_total",
        "tokenize_http_connections_dropped_total",
        "tokenize_unexpected_failures_total",
        "tokenize_trace_spans_lost_total",
        "tokenize_datahub_reports_failed_total",
      ] as const
    ) this.tally.add(name, {}, 0);
  }

  /** Counts one thing that happened. */
  observe(observation: Observation): void {
    this.#observations.observe(observation);
  }

  busy(datasetUrn: string, phase: Phase, ms: number): void {
    const platform = this.#observations.platformOf(datasetUrn);
    this.tally.add("tokenize_phase_seconds_total", { platform, phase }, ms / 1000);
  }

  waited(datasetUrn: string, ms: number): void {
    const platform = this.#observations.platformOf(datasetUrn);
    this.tally.enter("tokenize_run_queue_wait_seconds", ms / 1000, { platform });
  }

  sdkCalled(ms: number, failed: boolean): void {
    this.tally.enter("tokenize_token_sdk_call_duration_seconds", ms / 1000);
    if (failed) this.tally.add("tokenize_token_sdk_errors_total");
  }

  /** Spans could not be sent. */
  spansLost(count: number): void {
    this.tally.add("tokenize_trace_spans_lost_total", {}, count);
  }

  /** How many runs are under way. */
  get running(): readonly Reading[] {
    return [...this.#observations.running].map(([platform, value]) => ({
      name: "tokenize_runs_in_progress",
      labels: { platform },
      value,
    }));
  }
}
