/**
 * Writes observations as log lines: as JSON, or as LogTape formats text. Lines go to standard error, results
 * to standard output.
 */
import type { LogRecord, TextFormatter } from "@logtape/logtape";
import type { Config, LogLevel } from "./config.ts";
import type { CommandLog, Observation, Observe } from "./observations.ts";
import { oneLine } from "./one_line.ts";
import { knownScreen, writeError } from "./standard_streams.ts";
import { currentTrace } from "./trace_context.ts";

/**
 * Each event's level and sentence, and the sentence for a dry run if that is another. Names in braces are
 * the event's own fields; a part in brackets is left out if its field is empty.
 */
export const LOG_LINES: Readonly<
  Record<Observation["event"], readonly [level: LogLevel, sentence: string, ofDryRun?: string]>
> = {
  sandbox_ready: ["info", "sandbox ready, it may reach {hosts}"],
  listening: ["info", "listening on {url}"],
  cannot_listen: ["error", "cannot listen on {url} (HOST, PORT): {reason}"],
  no_platform_configured: ["warning", "no platform is configured: set PG_CONN_STR or DBX_JDBC_URL"],
  dummy_tokens: [
    "warning",
    "TOKEN_SDK_MODE is dummy: anybody can read its tokens back; use aes-siv or hmac-sha256 for real data",
  ],
  connections_dropped: [
    "warning",
    "too many connections: {connections} closed that said nothing for longest",
  ],
  request_refused: ["info", "refused {method} {path}: {code}"],
  run_queued: ["info", "run {runId} on {datasetUrn} waits, {before} runs before it"],
  run_started: [
    "info",
    "run {runId} started on {datasetUrn}",
    "dry run {runId} started on {datasetUrn}",
  ],
  table_resolved: ["debug", "run {runId} found table {table}"],
  batch_written: ["debug", "run {runId}, rows written: {updated} of {total}"],
  warehouse_starting: [
    "info",
    "run {runId} has waited {waitedSeconds} s for the warehouse to start",
  ],
  retrying: ["info", "run {runId} failed attempt {attempt} and tries again"],
  residue_found: [
    "info",
    "run {runId} on {table}: old values[ remain in {remains}][, not checked: {notChecked}][, cleared: {cleared}]",
  ],
  commit_waiting: ["warning", "the COMMIT of run {runId} waits for a synchronous standby"],
  run_warned: ["warning", "run {runId}: {warning}"],
  phases_measured: ["debug", "run {runId} spent its time on {phases}"],
  run_finished: [
    "info",
    "run {runId} on {table}: {updated} updated, {skipped} skipped, {elapsedMs} ms",
    "dry run {runId} on {table}: {updated} would be updated, {skipped} skipped, {elapsedMs} ms",
  ],
  run_failed: ["error", "run {runId} failed: {reason} ({code})"],
  run_progress: ["info", "run {runId}: {progress}"],
  run_throttled: ["info", "run {runId} waits because of {reason}"],
  run_resumed: ["info", "run {runId} goes on after {waitedMs} ms"],
  run_cancelled: ["info", "run {runId}: {reason}"],
  verification_started: ["info", "verification {runId} started on {datasetUrn}"],
  verification_finished: ["info", "verification {runId} of {table}: {verdict}, {elapsedMs} ms"],
  verification_failed: ["error", "verification {runId} failed: {reason} ({code})"],
  unexpected_failure: ["error", "unexpected {kind}, a defect: {frames}"],
  history_migrated: ["info", "history migrated from version {from} to {to}"],
  history_connected: ["info", "keeping runs in the history, as {replica}"],
  history_unavailable: [
    "warning",
    "{reason}; runs go on, of {unstored} something is still to be stored",
  ],
  history_recovered: ["info", "the history takes changes again"],
  history_owners_lost: [
    "warning",
    "processes that are gone: {owners}, runs of theirs that are interrupted: {runs}",
  ],
  history_pruned: ["info", "{runs} old runs were deleted from the history"],
  datahub_led: ["info", "this replica, {replica}, follows DataHub from now on"],
  datahub_lead_lost: ["warning", "this replica, {replica}, follows DataHub no more"],
  datahub_started: ["info", "following DataHub at {url}, mode {mode}"],
  datahub_unavailable: ["warning", "DataHub's events cannot be polled: {reason}"],
  datahub_recovered: ["info", "DataHub's events can be polled again"],
  datahub_events_absent: [
    "warning",
    "DataHub has no Events API (EVENTS_API_ENABLED, or an old version): sweeps only",
  ],
  datahub_events_unreadable: ["warning", "{count} events of DataHub are unreadable, left out"],
  datahub_offset_refused: [
    "warning",
    "DataHub does not know the offset any more: goes on at the end, and sweeps",
  ],
  datahub_offset_not_stored: [
    "warning",
    "the offset could not be stored in DataHub, tries again: {reason}",
  ],
  datahub_sweep_started: ["info", "sweep over the tagged datasets: {reason}"],
  datahub_sweep_finished: ["info", "sweep found {datasets} tagged datasets in {elapsedMs} ms"],
  datahub_sweep_failed: ["warning", "sweep failed, tries again: {reason}"],
  columns_approved: ["info", "{datasetUrn}: somebody approved {columns}"],
  dataset_reconciled: ["info", "{datasetUrn}: {outcome}"],
  dataset_not_read: ["warning", "{datasetUrn}: DataHub could not be asked, tries again: {reason}"],
  datahub_report_failed: [
    "warning",
    "{datasetUrn}: DataHub did not take the report ({kind}): {reason}",
  ],
  datahub_privileges_missing: ["warning", "privileges are missing in DataHub: {missing}"],
  datahub_privileges_not_checked: [
    "info",
    "DataHub does not tell which privileges there are: {reason}",
  ],
  traces_not_sent: ["warning", "traces cannot be sent: {reason}; not said again until they can"],
  traces_sent_again: ["info", "traces can be sent again, {lost} spans were lost"],
  stopping: ["info", "{signal}: no new runs, {runs} under way"],
  run_ending: [
    "warning",
    "{signal}: run {runId} is being ended; another signal ends the program at once",
  ],
  stopped: ["info", "stopped"],
  worker_died: ["error", "the sandbox ended {how}"],
  grace_period_over: ["error", "the sandbox did not stop in time"],
  forced_end: [
    "error",
    "{signal} again: ended at once, the database rolls back what was not committed",
  ],
};

/** From the least important on. */
const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** Returns the function that events go to. */
export async function startLog({ level, format }: Config["log"]): Promise<Observe> {
  const { hasColoredErrors, canRedraw } = knownScreen();
  const toText = format === "json" ? jsonLine : await textLine(hasColoredErrors);
  const clearLine = canRedraw ? "\r\x1b[K" : ""; // a progress bar may be there
  const least = LEVELS.indexOf(level);
  return (observation) => {
    const [lineLevel] = LOG_LINES[observation.event];
    if (LEVELS.indexOf(lineLevel) < least) return;
    writeError(clearLine + toText(recordOf(lineLevel, observation)));
  };
}

/** The event as the library for logs has it: its sentence in parts, of which each second one is a field. */
function recordOf(level: LogLevel, observation: Observation): LogRecord {
  const sentence = sentenceOf(observation);
  const properties: Readonly<Record<string, unknown>> = { ...observation, ...traceFields() };
  const message = partsOf(sentence).map((part, i) => i % 2 === 0 ? part : properties[part]);
  const timestamp = Date.now();
  return { category: ["tokenize"], level, message, rawMessage: sentence, timestamp, properties };
}

const PARTS = new Map<string, readonly string[]>();

/** A sentence in parts, of which each second one is a field's name. */
function partsOf(sentence: string): readonly string[] {
  let parts = PARTS.get(sentence);
  if (parts === undefined) PARTS.set(sentence, parts = sentence.split(/\{(\w+)\}/));
  return parts;
}

/**
 * The trace that something was observed in, under the names of OpenTelemetry's specification "Trace
 * Context in non-OTLP Log Formats".
 */
function traceFields(): Readonly<Record<string, string>> {
  const trace = currentTrace();
  return trace === undefined ? {} : { trace_id: trace.traceId, span_id: trace.spanId };
}

/**
 * The log of a command, in which each failure of a job has one line on standard error: the command's
 * sentence, or the log's object if a program reads the log.
 */
export function commandLog(observe: Observe, { isForProgram = false }: Config["log"]): CommandLog {
  const said = new Set<string>();
  return {
    observe(observation) {
      const { event } = observation;
      if (event === "run_failed" || event === "verification_failed") {
        if (!isForProgram) return;
        said.add(observation.datasetUrn);
      }
      observe(observation);
    },
    hasSaidFailure: (datasetUrn) => said.has(datasetUrn),
  };
}

/** The event's sentence, with its fields still in braces. */
export function sentenceOf(observation: Observation): string {
  const [, sentence, ofDryRun = sentence] = LOG_LINES[observation.event];
  const chosen = "dryRun" in observation && observation.dryRun ? ofDryRun : sentence;
  if (!chosen.includes("[")) return chosen;
  const fields: Readonly<Record<string, unknown>> = observation;
  return chosen.replace(
    /\[([^\]]*\{(\w+)\}[^\]]*)\]/g,
    (_, part: string, field: string) => fields[field] === "" ? "" : part,
  );
}

/** Texts are the library's, which is not loaded for anything else. */
async function textLine(isColored: boolean): Promise<TextFormatter> {
  const { textFormatter } = await import("./log_texts.ts");
  return textFormatter(isColored);
}

/** A JSON object a line. Events are plain data, of which the library would make a copy for each. */
function jsonLine({ timestamp, level, message, category, properties }: LogRecord): string {
  const json = JSON.stringify({
    "@timestamp": new Date(timestamp).toISOString(),
    level: level === "warning" ? "WARN" : level.toUpperCase(),
    message: message.map((part, i) => i % 2 === 0 ? part : JSON.stringify(part)).join(""),
    logger: category.join("."),
    ...properties,
  });
  return `${oneLine(json)}\n`;
}
