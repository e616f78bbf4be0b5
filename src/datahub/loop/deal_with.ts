/** What surrounds `reconcile`: what came of a dataset is logged and remembered, and what follows is due. */
import { ServiceError } from "../../errors.ts";
import { stackFrames } from "../../stack_frames.ts";
import { inTrace } from "../../trace_context.ts";
import { GmsError } from "../gms/gms_error.ts";
import { ReportError } from "../report/report_error.ts";
import type { BringAboutDependencies } from "./bring_about.ts";
import type { Followup } from "./due_queue.ts";
import type { Hint } from "./hint.ts";
import type { LoopState } from "./loop_state.ts";
import type { Reconciled } from "./outcome.ts";
import { reconcile } from "./reconcile.ts";
import { scrubDue } from "./scrub_due.ts";

/** What dealing with a dataset takes. */
export interface DealDependencies extends BringAboutDependencies {
  readonly state: LoopState;
  /** Marks another dataset as due. */
  readonly mark: (datasetUrn: string) => void;
}

/** Deals with one dataset. Throws what makes it due again soon, after logging why. */
export async function dealWith(
  datasetUrn: string,
  hints: readonly Hint[],
  deps: DealDependencies,
): Promise<Followup<Hint> | undefined> {
  const trace = await deps.action.traces?.startReconciliation(datasetUrn);
  let kind = "failed";
  const work = async () => {
    await deps.journal.load();
    const reconciled = await reconcile(datasetUrn, hints, deps);
    record(reconciled, deps);
    const { outcome } = reconciled;
    kind = outcome.kind;
    if (outcome.kind === "stands_for") outcome.tables.forEach(deps.mark);
    if (reconciled.unreported !== undefined) throw reconciled.unreported;
    if (outcome.kind === "failed") throw outcome.error;
    return noteScrub(reconciled, deps);
  };
  return await inTrace(trace?.context, async () => {
    try {
      return await work();
    } catch (error) {
      logFailure(datasetUrn, error, deps);
      throw error;
    } finally {
      trace?.end(kind);
    }
  });
}

function record(reconciled: Reconciled, { state, action }: DealDependencies): void {
  state.record(reconciled);
  const { datasetUrn, outcome, tagged, unconfirmed, onDataset } = reconciled;
  const names = (columns: typeof tagged) => columns.map(({ name }) => name);
  action.observe({
    event: "dataset_reconciled",
    datasetUrn,
    outcome: outcome.kind,
    columns: names(tagged),
    unconfirmed: names(unconfirmed),
    onDataset,
    code: "error" in outcome ? outcome.error.code : undefined,
  });
}

/** Keeps the dataset due while a run left old values that time clears, across restarts. */
function noteScrub(
  { datasetUrn, outcome }: Reconciled,
  { journal }: DealDependencies,
): Followup<Hint> | undefined {
  const done = outcome.kind === "waiting_for_approval" ? outcome.approved : outcome;
  if (done?.kind === "done") {
    journal.scrub(datasetUrn, scrubDue(done.report, journal.scrubs.get(datasetUrn)));
  }
  const due = journal.scrubs.get(datasetUrn);
  return due && { afterMs: Math.max(0, due.due_at_ms - Date.now()), hint: {} };
}

/** Failures of the dataset itself are logged by the run and with the outcome. */
function logFailure(datasetUrn: string, error: unknown, { state, action }: DealDependencies): void {
  if (error instanceof GmsError) {
    const { fault, reason, message } = error;
    state.recordUnasked(datasetUrn, message);
    if (error instanceof ReportError) return; // logged for each report
    action.observe({ event: "dataset_not_read", datasetUrn, fault, reason });
  } else if (!(error instanceof ServiceError)) {
    const kind = error instanceof Error ? error.name : typeof error;
    action.observe({ event: "unexpected_failure", kind, frames: stackFrames(error) });
  }
}
