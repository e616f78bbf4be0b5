/** The whole job: from a trigger to its report. */
import {
  maySuggestFor,
  requireTableAllowed,
  requireUrnAllowed,
} from "../datahub/allowed_datasets.ts";
import { type DatasetUrn, parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { type ServiceError, toServiceError } from "../errors.ts";
import { stackFrames } from "../stack_frames.ts";
import type { Observe } from "../observations.ts";
import { type Meter, PhaseClock } from "../phases.ts";
import type { Operation } from "../run_options.ts";
import type { Platform, Progress, RunContext } from "../platforms/platform.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { restoring, rotating, type RotationSource, tokenizing } from "../tokens/conversion.ts";
import type { TokenSdk } from "../tokens/token_sdk.ts";
import type { Warning } from "../platforms/warnings.ts";
import type { RunEnd, Traces } from "../traces/run_traces.ts";
import { inTrace } from "../trace_context.ts";
import { inWordsOf } from "./in_words_of.ts";
import { measuredConversion } from "./measured_conversion.ts";
import { withResidue } from "./report_residue.ts";
import { newThrottle, type Throttle } from "../platforms/throttle.ts";
import { requireCompatible } from "./require_compatible.ts";
import { withTimeLimit } from "./time_limit.ts";
import type { Report, Trigger } from "./trigger.ts";

/** What the action works with. */
export interface ActionDependencies {
  /** The connections, by name. */
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Every platform this build knows, with the variable that turns it on. */
  readonly knownPlatforms: ReadonlyMap<string, string>;
  readonly allowedDatasets: readonly string[] | undefined;
  /** Makes the SDK on the first call, and returns the same one after that. */
  readonly tokenSdk: () => Promise<TokenSdk>;
  /** How long a run may take. */
  readonly runTimeoutMs: number;
  /** Rotation only: the SDK and key whose tokens are replaced. Ordinary runs replace values. */
  readonly rotateFrom?: () => Promise<RotationSource>;
  /** Whether tokens are turned back into values. */
  readonly restores?: boolean;
  /** What every run that writes warns of, since it follows from the settings. */
  readonly standingWarnings?: readonly Warning[];
  readonly observe: Observe;
  /** Takes measurements while runs are under way. */
  readonly meter?: Meter;
  /** Undefined if runs are not traced. */
  readonly traces?: Traces | undefined;
}

/** What runs do that work with these. */
export function operationOf(
  { restores = false, rotateFrom }: Pick<ActionDependencies, "restores" | "rotateFrom">,
): Operation {
  if (restores) return "restore";
  return rotateFrom === undefined ? "tokenize" : "rotate";
}

/** What belongs to one run: its id, and how it is stopped and followed. */
export interface RunControl {
  readonly runId: string;
  /** To be aborted, with a `ServiceError` as the reason, to end the run and roll it back. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Slows it down; by default as the trigger says. */
  readonly throttle?: Throttle | undefined;
  /** Called once the table is found, with its name and its columns' in the catalogue. */
  readonly onTable?: ((table: string, columns: readonly string[]) => void) | undefined;
}

/**
 * Tokenizes the columns of a dataset and reports what it did.
 *
 * Throws a `ServiceError` for any failure. The data is then as it was before, except for batches that
 * were committed (`commit: "batches"`).
 */
export async function tokenizeDataset(
  trigger: Trigger,
  deps: ActionDependencies,
  control: RunControl,
): Promise<Report> {
  const { datasetUrn, dryRun } = trigger;
  const { runId } = control;
  const clock = new PhaseClock((phase, ms) => deps.meter?.busy(datasetUrn, phase, ms));
  const operation = operationOf(deps);
  const trace = await deps.traces?.startRun({ runId, datasetUrn, operation, dryRun });
  const end = (outcome: Omit<RunEnd, "phases">) => {
    const phases = clock.times;
    deps.observe({ event: "phases_measured", runId, phases });
    trace?.end({ ...outcome, phases });
  };
  const measured = { ...control, clock, end };
  return await inTrace(trace?.context, () => observedRun(trigger, deps, measured));
}

/** A run with what belongs to its measurement. */
interface MeasuredRun extends RunControl {
  readonly clock: PhaseClock;
  /** To be called once, with what came of the run. */
  readonly end: (outcome: Omit<RunEnd, "phases">) => void;
}

/** The run, with its beginning and its end observed. */
async function observedRun(
  trigger: Trigger,
  deps: ActionDependencies,
  control: MeasuredRun,
): Promise<Report> {
  const startedMs = performance.now();
  const { runId, end } = control;
  const { datasetUrn, dryRun } = trigger;
  const { columns } = trigger, operation = operationOf(deps);
  deps.observe({ event: "run_started", runId, datasetUrn, operation, columns, dryRun });
  try {
    const report = await withTimeLimit(
      deps.runTimeoutMs,
      control.signal,
      (signal) => run(trigger, deps, { ...control, signal }),
    );
    end(report);
    const elapsedMs = Math.round(performance.now() - startedMs);
    const { table, columns, method, updated, skipped, foreign, lookalikes } = report;
    deps.observe({
      event: "run_finished",
      runId,
      datasetUrn,
      table,
      columns,
      dryRun,
      method,
      updated,
      skipped,
      foreign,
      lookalikes,
      elapsedMs,
    });
    return { ...report, elapsed_ms: elapsedMs };
  } catch (thrown) {
    const found = toServiceError(thrown);
    const error = inWordsOf(operation, found);
    end({ code: error.code });
    if (found !== thrown) {
      const kind = error.facts.cause ?? "unknown";
      deps.observe({ event: "unexpected_failure", kind, frames: stackFrames(thrown) });
    }
    observeFailure(error, startedMs, trigger, deps, control);
    throw error;
  }
}

function observeFailure(
  { code, message: reason, facts }: ServiceError,
  startedMs: number,
  { datasetUrn }: Trigger,
  { observe }: ActionDependencies,
  { runId }: RunControl,
): void {
  if (code === "run_cancelled") {
    return observe({ event: "run_cancelled", runId, datasetUrn, reason });
  }
  const elapsedMs = Math.round(performance.now() - startedMs);
  observe({ event: "run_failed", runId, datasetUrn, code, reason, facts, elapsedMs });
}

/** How the platform is to do the run, and what it reports to. */
function contextOf(
  { dryRun, commit, strategy, scrub, connections, rowsPerSecond }: Trigger,
  dataset: DatasetUrn,
  { observe, allowedDatasets }: ActionDependencies,
  { runId, signal, clock, onProgress, throttle = newThrottle(rowsPerSecond) }: MeasuredRun,
  warn: RunContext["warn"],
): RunContext {
  const progress = (made: Progress) => {
    const { updated, total, isEstimate } = made;
    if (!isEstimate) observe({ event: "batch_written", runId, updated, total });
    onProgress?.(made);
  };
  const options = { dryRun, commit, strategy, scrub, connections, rowsPerSecond };
  const maySuggest = maySuggestFor(dataset, allowedDatasets);
  return { ...options, runId, signal, observe, maySuggest, clock, throttle, progress, warn };
}

async function run(
  trigger: Trigger,
  deps: ActionDependencies,
  control: MeasuredRun,
): Promise<Omit<Report, "elapsed_ms">> {
  const { runId, onTable, clock } = control;
  const dataset = parseDatasetUrn(trigger.datasetUrn);
  const columns = parseColumns(trigger.columns, dataset);
  requireUrnAllowed(dataset, deps.allowedDatasets);
  const platform = selectPlatform(dataset, deps.platforms, deps.knownPlatforms);
  const { dryRun, scrub } = trigger;
  requireCompatible(trigger);
  const warnings = new Set<Warning>(dryRun ? [] : deps.standingWarnings);
  const warn = (warning: Warning) => {
    if (!warnings.has(warning)) deps.observe({ event: "run_warned", runId, warning });
    warnings.add(warning);
  };
  const plain = contextOf(trigger, dataset, deps, control, warn);
  const context = deps.restores ? { ...plain, writesValues: true } : plain;

  const found = clock.start("look-up");
  const ended = await platform.withTable(dataset, columns, context, async (table) => {
    found();
    requireTableAllowed(dataset, deps.allowedDatasets, table);
    deps.observe({ event: "table_resolved", runId, table: table.table, columns: table.columns });
    onTable?.(table.table, table.columns);
    const conversion = await conversionOf(deps, clock);
    const done = dryRun
      ? await clock.time("read", () => table.count(conversion))
      : await table.rewrite(conversion);
    const checksResidue = !dryRun && !deps.restores && (done.updated > 0 || scrub);
    return {
      run_id: runId,
      dataset_urn: dataset.urn,
      platform: platform.name,
      table: table.table,
      columns: table.columns,
      dry_run: dryRun,
      ...done,
      residue: checksResidue
        ? await clock.time("residue", () => table.residue?.(conversion, done.updated))
        : undefined,
    };
  }).finally(found);
  const { residue, ...done } = ended;
  const report = { ...done, ...(warnings.size > 0 && { warnings: [...warnings] }) };
  if (residue === undefined) return report;
  return await clock.time("residue", () => withResidue(report, residue, deps.observe));
}

async function conversionOf(deps: ActionDependencies, clock: PhaseClock) {
  const { tokenSdk, rotateFrom, restores, meter } = deps;
  const sdk = await clock.time("tokenize", tokenSdk);
  const conversion = restores
    ? restoring(sdk)
    : rotateFrom === undefined
    ? tokenizing(sdk)
    : rotating(await rotateFrom(), sdk);
  return measuredConversion(conversion, clock, meter);
}
