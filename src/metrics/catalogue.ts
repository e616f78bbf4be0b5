/**
 * Every metric that `/metrics` has. Names follow the conventions of Prometheus: base units, the unit last,
 * `_total` for what only grows. Labels have few values, none of which is anybody's name: the tables and
 * columns of runs are in the log and in traces.
 */

/** What tells the series of a metric apart. */
export type Label = "platform" | "outcome" | "phase" | "version" | "commit";

/** One metric. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly Label[];
  readonly help: string;
  /** The upper bounds of a histogram's buckets, without the last one, infinity. */
  readonly buckets?: readonly number[];
}

function counter(help: string, labels: readonly Label[] = []) {
  return { type: "counter", labels, help } as const;
}

function gauge(help: string, labels: readonly Label[] = []) {
  return { type: "gauge", labels, help } as const;
}

function histogram(help: string, buckets: readonly number[], labels: readonly Label[] = []) {
  return { type: "histogram", labels, help, buckets } as const;
}

const RUN_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
const SDK_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** By name, in the order of the documentation. */
export const METRICS = {
  tokenize_runs_started_total: counter("Runs that began to work, dry runs included", ["platform"]),
  tokenize_runs_total: counter(
    "Runs that ended, by outcome: succeeded, dry_run, or the code of the error",
    ["platform", "outcome"],
  ),
  tokenize_runs_in_progress: gauge("Runs that are under way now", ["platform"]),
  tokenize_runs_queued: gauge("Runs that wait for a place on their database", ["platform"]),
  tokenize_run_queue_wait_seconds: histogram(
    "How long runs waited for a place on their database before they began",
    RUN_BUCKETS_SECONDS,
    ["platform"],
  ),
  tokenize_run_duration_seconds: histogram(
    "How long runs took that ended, whatever came of them",
    RUN_BUCKETS_SECONDS,
    ["platform"],
  ),
  tokenize_rows_updated_total: counter("Rows changed by runs that succeeded", ["platform"]),
  tokenize_rows_written_total: counter(
    "Rows written so far, also by runs that are under way or were rolled back",
    ["platform"],
  ),
  tokenize_phase_seconds_total: counter(
    "How long runs spent on each phase; phases overlap while batches are worked on",
    ["platform", "phase"],
  ),
  tokenize_run_retries_total: counter("Attempts of runs that failed and were tried again"),
  tokenize_run_throttles_total: counter(
    "Times that a run waited before its next batch: paused, or for a standby or the server's load",
  ),
  tokenize_run_throttled_seconds_total: counter("How long runs waited so"),
  tokenize_run_warnings_total: counter("Warnings in reports, such as dummy_tokens"),
  tokenize_runs_with_residue_total: counter("Runs after which old values remained in some place"),
  tokenize_database_connections_in_use: gauge(
    "Connections to databases in use, by runs and checks",
    ["platform"],
  ),
  tokenize_database_connections_idle: gauge(
    "Connections to databases that are kept for the next run",
    ["platform"],
  ),
  tokenize_token_sdk_call_duration_seconds: histogram(
    "How long calls of the token SDK took, each for one column of a batch",
    SDK_BUCKETS_SECONDS,
  ),
  tokenize_token_sdk_errors_total: counter("Calls of the token SDK that failed"),
  tokenize_requests_refused_total: counter(
    "Requests that were refused before a run began, by the code of the error",
    ["outcome"],
  ),
  tokenize_http_connections_dropped_total: counter(
    "HTTP connections closed because there were too many",
  ),
  tokenize_history_connected: gauge("1 if the history of runs can be read and written, else 0"),
  tokenize_datahub_connected: gauge("1 if DataHub can be asked, else 0"),
  tokenize_datahub_event_lag_seconds: gauge(
    "Age of the newest event that was taken from DataHub; it grows too while nothing happens there",
  ),
  tokenize_datahub_last_sweep_timestamp_seconds: gauge(
    "When the last sweep ended, in seconds since 1970",
  ),
  tokenize_datahub_datasets_due: gauge("Datasets that wait for their turn"),
  tokenize_datahub_datasets_in_progress: gauge("Datasets that are dealt with now"),
  tokenize_datahub_datasets_later: gauge(
    "Datasets with a turn later: to be tried again, or for old values that time clears",
  ),
  tokenize_datahub_datasets_waiting_for_approval: gauge("Datasets that wait for an approval"),
  tokenize_datahub_datasets_failed: gauge("Datasets whose last run failed"),
  tokenize_datahub_datasets_refused: gauge("Datasets that cannot be tokenized as they are"),
  tokenize_datahub_reconciliations_total: counter(
    "Datasets that were dealt with, by what came of it",
    ["outcome"],
  ),
  tokenize_datahub_sweeps_total: counter("Sweeps, by outcome: succeeded or failed", ["outcome"]),
  tokenize_datahub_reports_failed_total: counter("Reports that DataHub did not take"),
  tokenize_sandbox_refusals_total: counter(
    "Failures since the sandbox refused something: a host, a file, a program",
  ),
  tokenize_unexpected_failures_total: counter("Failures that are defects of this program"),
  tokenize_trace_spans_lost_total: counter("Spans that could not be sent"),
  tokenize_build_info: gauge("Always 1; the labels say which build this is", [
    "version",
    "commit",
  ]),
  process_cpu_seconds_total: counter("Processor time used by the process, in seconds"),
  process_resident_memory_bytes: gauge("Resident memory of the process, in bytes"),
  process_start_time_seconds: gauge("When the process started, in seconds since 1970"),
} as const satisfies Readonly<Record<string, Metric>>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;
/** The name of a counter. */
export type CounterName = NamesOf<"counter">;
/** The name of a histogram. */
export type HistogramName = NamesOf<"histogram">;
/** The name of a gauge. */
export type GaugeName = NamesOf<"gauge">;

type NamesOf<Type extends string> = {
  [Name in MetricName]: (typeof METRICS)[Name] extends { readonly type: Type } ? Name : never;
}[MetricName];
