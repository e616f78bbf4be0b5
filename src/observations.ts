/**
 * Everything that may be logged, as one closed union. No event has a field for a cell's value, a secret
 * or a driver's message, so none can reach a log.
 */
import type { ErrorCode, ErrorFacts } from "./errors.ts";
import type { PhaseTime } from "./phases.ts";
import type { Operation } from "./run_options.ts";

/** One thing that happened. */
export type Observation =
  | {
    readonly event: "sandbox_ready";
    readonly hosts: readonly string[];
    readonly files: readonly string[];
  }
  | { readonly event: "listening"; readonly url: string; readonly authenticated: boolean }
  | { readonly event: "cannot_listen"; readonly url: string; readonly reason: string }
  | { readonly event: "no_platform_configured" }
  | { readonly event: "dummy_tokens" }
  | { readonly event: "connections_dropped"; readonly connections: number }
  | {
    readonly event: "request_refused";
    readonly code: ErrorCode;
    readonly method: string;
    readonly path: string;
  }
  | {
    readonly event: "run_queued";
    readonly runId: string;
    readonly datasetUrn: string;
    /** How many runs wait for the same database before it. */
    readonly before: number;
  }
  | {
    readonly event: "run_started";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly operation: Operation;
    readonly columns: readonly string[];
    readonly dryRun: boolean;
  }
  | {
    readonly event: "table_resolved";
    readonly runId: string;
    readonly table: string;
    readonly columns: readonly string[];
  }
  | {
    readonly event: "batch_written";
    readonly runId: string;
    readonly updated: number;
    readonly total: number;
  }
  | { readonly event: "warehouse_starting"; readonly runId: string; readonly waitedSeconds: number }
  | {
    readonly event: "retrying";
    readonly runId: string;
    readonly attempt: number;
    readonly facts: ErrorFacts;
  }
  | {
    readonly event: "residue_found";
    readonly runId: string;
    readonly table: string;
    /** Names of places as in the report, separated by commas. */
    readonly remains: string;
    readonly notChecked: string;
    readonly cleared: string;
  }
  | { readonly event: "commit_waiting"; readonly runId: string }
  | { readonly event: "run_warned"; readonly runId: string; readonly warning: string }
  | {
    readonly event: "phases_measured";
    readonly runId: string;
    readonly phases: readonly PhaseTime[];
  }
  | {
    readonly event: "run_finished";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly table: string;
    readonly columns: readonly string[];
    readonly dryRun: boolean;
    readonly method: string | undefined;
    readonly updated: number;
    readonly skipped: number;
    readonly foreign: number;
    readonly lookalikes: number | undefined;
    readonly elapsedMs: number;
  }
  | {
    readonly event: "run_failed";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly code: ErrorCode;
    readonly reason: string;
    readonly facts: ErrorFacts;
    readonly elapsedMs: number;
  }
  /** How far a run of the command line has come, where no terminal can show it. */
  | {
    readonly event: "run_progress";
    readonly runId: string;
    /** In words, from what follows. */
    readonly progress: string;
    readonly updated: number | undefined;
    readonly skipped: number | undefined;
    readonly total: number | undefined;
    readonly secondsLeft: number | undefined;
    readonly elapsedMs: number;
  }
  /** Of waiting for a rate that was asked for, there is no event. */
  | { readonly event: "run_throttled"; readonly runId: string; readonly reason: string }
  | { readonly event: "run_resumed"; readonly runId: string; readonly waitedMs: number }
  | {
    readonly event: "run_cancelled";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly reason: string;
  }
  | {
    readonly event: "verification_started";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly columns: readonly string[];
  }
  | {
    readonly event: "verification_finished";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly table: string;
    readonly verdict: string;
    readonly rows: number | undefined;
    readonly elapsedMs: number;
  }
  | {
    readonly event: "verification_failed";
    readonly runId: string;
    readonly datasetUrn: string;
    readonly code: ErrorCode;
    readonly reason: string;
    readonly facts: ErrorFacts;
  }
  | {
    readonly event: "unexpected_failure";
    readonly kind: string;
    readonly frames: readonly string[];
  }
  | { readonly event: "history_migrated"; readonly from: number; readonly to: number }
  | {
    readonly event: "history_connected";
    readonly replica: string;
    /** Whether other processes' changes are notified of; else they are polled for. */
    readonly listens: boolean;
    /** Runs with changes that are not stored yet. */
    readonly unstored: number;
  }
  | {
    readonly event: "history_unavailable";
    readonly reason: string;
    readonly unstored: number;
    readonly facts: ErrorFacts;
  }
  | { readonly event: "history_recovered"; readonly unstored: number }
  | { readonly event: "history_owners_lost"; readonly owners: number; readonly runs: number }
  | { readonly event: "history_pruned"; readonly runs: number }
  | { readonly event: "datahub_led"; readonly replica: string }
  | { readonly event: "datahub_lead_lost"; readonly replica: string }
  | { readonly event: "datahub_started"; readonly url: string; readonly mode: string }
  | { readonly event: "datahub_unavailable"; readonly fault: string; readonly reason: string }
  | { readonly event: "datahub_recovered" }
  | { readonly event: "datahub_events_absent" }
  | { readonly event: "datahub_events_unreadable"; readonly count: number }
  | { readonly event: "datahub_offset_refused" }
  | { readonly event: "datahub_offset_not_stored"; readonly reason: string }
  | { readonly event: "datahub_sweep_started"; readonly reason: string }
  | {
    readonly event: "datahub_sweep_finished";
    readonly datasets: number;
    readonly elapsedMs: number;
  }
  | { readonly event: "datahub_sweep_failed"; readonly fault: string; readonly reason: string }
  | {
    readonly event: "columns_approved";
    readonly datasetUrn: string;
    readonly columns: readonly string[];
  }
  | {
    readonly event: "dataset_reconciled";
    readonly datasetUrn: string;
    readonly outcome: string;
    readonly columns: readonly string[];
    /** Columns that only a program tagged. */
    readonly unconfirmed: readonly string[];
    /** Tags and terms that ask for columns, but are on the dataset as a whole. */
    readonly onDataset: readonly string[];
    readonly code: ErrorCode | undefined;
  }
  | {
    readonly event: "dataset_not_read";
    readonly datasetUrn: string;
    readonly fault: string;
    readonly reason: string;
  }
  | {
    readonly event: "datahub_report_failed";
    readonly datasetUrn: string;
    /** As in DATAHUB_REPORT, or `profiles` for their deletion. */
    readonly kind: string;
    readonly fault: string;
    readonly reason: string;
  }
  | { readonly event: "datahub_privileges_missing"; readonly missing: string }
  | { readonly event: "datahub_privileges_not_checked"; readonly reason: string }
  | { readonly event: "traces_not_sent"; readonly reason: string }
  | { readonly event: "traces_sent_again"; readonly lost: number }
  | { readonly event: "stopping"; readonly signal: string; readonly runs: number }
  | { readonly event: "run_ending"; readonly runId: string; readonly signal: string }
  | { readonly event: "stopped" }
  | { readonly event: "worker_died"; readonly how: string }
  | { readonly event: "grace_period_over" }
  | { readonly event: "forced_end"; readonly signal: string };

/** Where events go. */
export type Observe = (observation: Observation) => void;

/** The log of a command that says itself why its job failed. */
export interface CommandLog {
  readonly observe: Observe;
  /** Whether the log has said why the job on that dataset failed, so that the command need not. */
  readonly hasSaidFailure: (datasetUrn: string) => boolean;
}
