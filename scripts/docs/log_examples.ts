/**
 * An example of each event of the log, for the page of events and for tests. The compiler keeps the list
 * complete: an event that is missing, one field too many, or one too few, does not pass its check.
 */
import type { Observation } from "../../src/observations.ts";

/** The events, each with its own fields. */
type Examples = {
  readonly [Event in Observation["event"]]: Extract<Observation, { event: Event }>;
};

const runId = "4297cfd6-fdc9-457d-9143-ceb56dabf45a";
const datasetUrn = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const table = "app.public.customers";
const columns = ["email", "phone"];
const url = "http://127.0.0.1:8080";
const replica = "tokenize-0";
const lockTimeout = { sqlState: "55P03" };
const unreachable = { cause: "ECONNREFUSED" };
const fault = "unreachable";
const outOfReach = "Cannot ask DataHub: nothing accepts connections there";

const OF_THE_PROGRAM = {
  sandbox_ready: { event: "sandbox_ready", hosts: ["127.0.0.1:8080"], files: [] },
  listening: { event: "listening", url, authenticated: true },
  cannot_listen: { event: "cannot_listen", url, reason: "the port is in use" },
  no_platform_configured: { event: "no_platform_configured" },
  dummy_tokens: { event: "dummy_tokens" },
  connections_dropped: { event: "connections_dropped", connections: 3 },
  request_refused: {
    event: "request_refused",
    code: "unauthorized",
    method: "POST",
    path: "/trigger",
  },
  unexpected_failure: {
    event: "unexpected_failure",
    kind: "TypeError",
    frames: ["run (worker.js:1:2)"],
  },
  traces_not_sent: { event: "traces_not_sent", reason: "nothing accepts connections there" },
  traces_sent_again: { event: "traces_sent_again", lost: 12 },
  stopping: { event: "stopping", signal: "SIGTERM", runs: 1 },
  stopped: { event: "stopped" },
  worker_died: { event: "worker_died", how: "without reporting why" },
  grace_period_over: { event: "grace_period_over" },
  forced_end: { event: "forced_end", signal: "SIGINT" },
} as const satisfies Partial<Examples>;

const OF_RUNS = {
  run_queued: { event: "run_queued", runId, datasetUrn, before: 2 },
  run_started: {
    event: "run_started",
    runId,
    datasetUrn,
    operation: "tokenize",
    columns,
    dryRun: false,
  },
  table_resolved: { event: "table_resolved", runId, table, columns },
  batch_written: { event: "batch_written", runId, updated: 20_000, total: 500_000 },
  run_progress: {
    event: "run_progress",
    runId,
    progress: "4 %, 20,000 of 500,000 rows",
    updated: 20_000,
    skipped: 0,
    total: 500_000,
    secondsLeft: 240,
    elapsedMs: 10_000,
  },
  warehouse_starting: { event: "warehouse_starting", runId, waitedSeconds: 30 },
  retrying: { event: "retrying", runId, attempt: 1, facts: { cause: "HTTP_429" } },
  residue_found: {
    event: "residue_found",
    runId,
    table,
    remains: "dead_rows",
    notChecked: "backups",
    cleared: "pg_stats",
  },
  commit_waiting: { event: "commit_waiting", runId },
  run_warned: { event: "run_warned", runId, warning: "dummy_tokens" },
  phases_measured: {
    event: "phases_measured",
    runId,
    phases: [{
      phase: "write",
      startedAtMs: 1_769_847_330_123,
      endedAtMs: 1_769_847_330_165,
      busyMs: 40,
      steps: 1,
    }],
  },
  run_finished: {
    event: "run_finished",
    runId,
    datasetUrn,
    table,
    columns,
    dryRun: false,
    method: "client",
    updated: 100,
    skipped: 0,
    foreign: 0,
    lookalikes: 0,
    elapsedMs: 42,
  },
  run_failed: {
    event: "run_failed",
    runId,
    datasetUrn,
    code: "lock_timeout",
    reason: 'Cannot tokenize "app.public.customers": another session holds a lock on it',
    facts: lockTimeout,
    elapsedMs: 5012,
  },
  run_throttled: { event: "run_throttled", runId, reason: "a standby that is 12 s behind" },
  run_resumed: { event: "run_resumed", runId, waitedMs: 12_000 },
  run_cancelled: {
    event: "run_cancelled",
    runId,
    datasetUrn,
    reason: "Cannot finish the run: it was cancelled",
  },
  run_ending: { event: "run_ending", runId, signal: "SIGINT" },
  verification_started: { event: "verification_started", runId, datasetUrn, columns },
  verification_finished: {
    event: "verification_finished",
    runId,
    datasetUrn,
    table,
    verdict: "clean",
    rows: 100,
    elapsedMs: 42,
  },
  verification_failed: {
    event: "verification_failed",
    runId,
    datasetUrn,
    code: "database_unreachable",
    reason: "Cannot connect to Postgres: nothing accepts connections there",
    facts: unreachable,
  },
} as const satisfies Partial<Examples>;

const OF_THE_HISTORY = {
  history_migrated: { event: "history_migrated", from: 0, to: 1 },
  history_connected: { event: "history_connected", replica, listens: true, unstored: 0 },
  history_unavailable: {
    event: "history_unavailable",
    reason: "Cannot use the history: nothing accepts connections there",
    unstored: 1,
    facts: unreachable,
  },
  history_recovered: { event: "history_recovered", unstored: 0 },
  history_owners_lost: { event: "history_owners_lost", owners: 1, runs: 2 },
  history_pruned: { event: "history_pruned", runs: 10 },
} as const satisfies Partial<Examples>;

const OF_DATAHUB = {
  datahub_led: { event: "datahub_led", replica },
  datahub_lead_lost: { event: "datahub_lead_lost", replica },
  datahub_started: { event: "datahub_started", url: "http://datahub-gms:8080", mode: "observe" },
  datahub_unavailable: { event: "datahub_unavailable", fault, reason: outOfReach },
  datahub_recovered: { event: "datahub_recovered" },
  datahub_events_absent: { event: "datahub_events_absent" },
  datahub_events_unreadable: { event: "datahub_events_unreadable", count: 1 },
  datahub_offset_refused: { event: "datahub_offset_refused" },
  datahub_offset_not_stored: { event: "datahub_offset_not_stored", reason: outOfReach },
  datahub_sweep_started: { event: "datahub_sweep_started", reason: "interval" },
  datahub_sweep_finished: { event: "datahub_sweep_finished", datasets: 12, elapsedMs: 840 },
  datahub_sweep_failed: { event: "datahub_sweep_failed", fault, reason: outOfReach },
  columns_approved: { event: "columns_approved", datasetUrn, columns },
  dataset_reconciled: {
    event: "dataset_reconciled",
    datasetUrn,
    outcome: "done",
    columns,
    unconfirmed: [],
    onDataset: [],
    code: "conflict",
  },
  dataset_not_read: { event: "dataset_not_read", datasetUrn, fault, reason: outOfReach },
  datahub_report_failed: {
    event: "datahub_report_failed",
    datasetUrn,
    kind: "operation",
    fault,
    reason: outOfReach,
  },
  datahub_privileges_missing: { event: "datahub_privileges_missing", missing: "EDIT_ENTITY_TAGS" },
  datahub_privileges_not_checked: { event: "datahub_privileges_not_checked", reason: outOfReach },
} as const satisfies Partial<Examples>;

/** By event. */
export const LOG_EXAMPLES: Examples = {
  ...OF_THE_PROGRAM,
  ...OF_RUNS,
  ...OF_THE_HISTORY,
  ...OF_DATAHUB,
};
