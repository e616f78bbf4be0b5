/**
 * Reports to DataHub what came of a dataset, each kind for itself: one that fails keeps no other from being
 * sent. What may succeed later is thrown in the end, so that the dataset is dealt with again; everything
 * is safe to repeat.
 */
import type { Report } from "../../action/trigger.ts";
import type { ErrorCode, ServiceError } from "../../errors.ts";
import type { Observe } from "../../observations.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import type { DatahubSettings, ReportKind } from "../settings.ts";
import { type Counted, reportAssertion } from "./assertion.ts";
import { setColumnProperties } from "./column_property.ts";
import { addDoneTag, removeDoneTag } from "./done_tag.ts";
import type { ReportTarget } from "./effect.ts";
import { raiseIncident, resolveIncidents } from "./incident.ts";
import { type Offer, readOffer } from "./offer.ts";
import { reportOperation, type TokenSource } from "./operation.ts";
import { ReportError } from "./report_error.ts";
import type { ReportProblems } from "./report_problems.ts";
import type { Reporter, Subject } from "./reporter.ts";

/** What a reporter works with. */
export interface DatahubReporterDependencies {
  readonly gms: Gms;
  readonly settings: Pick<DatahubSettings, "report" | "doneTag">;
  /** Which SDK makes the tokens, with which key. */
  readonly tokenSource: () => Promise<TokenSource>;
  readonly problems: ReportProblems;
  readonly observe: Observe;
}

/** How each kind is sent: those that are missing have nothing to say. */
type Effects = Readonly<Partial<Record<ReportKind, (target: ReportTarget) => Promise<void>>>>;

/** What each kind needs of the server. */
const NEEDED: Readonly<Record<ReportKind, string>> = {
  operation: "reportOperation",
  tag: "addTag",
  incident: "raiseIncident",
  property: "upsertStructuredProperties",
  assertion: "upsertCustomAssertion",
};

/** Faults that waiting or an administrator of DataHub mends. */
const TRIED_AGAIN: readonly GmsError["fault"][] = [
  "unreachable",
  "busy",
  "server_error",
  "unauthorized",
  "forbidden",
];

/**
 * Failures that are no incident: the program was stopped, another run does the same, or the dataset is not
 * this program's, so that another one may deal with it and would resolve what this one raised.
 */
const NO_INCIDENT: readonly ErrorCode[] = [
  "shutting_down",
  "run_in_progress",
  "dataset_not_allowed",
  "platform_not_configured",
  "wrong_database",
];

/** Makes the reporter; nothing is sent yet. */
export function datahubReporter(deps: DatahubReporterDependencies): Reporter {
  const { settings: { doneTag }, tokenSource } = deps;
  let offered: Promise<Offer> | undefined;
  const offer = () =>
    offered ??= readOffer(deps.gms).catch((error) => {
      offered = undefined;
      throw error;
    });
  const send = (subject: Subject, effects: Effects) => sendAll(subject, effects, offer, deps);
  const resolve = (subject: Subject, message: string) => (target: ReportTarget) =>
    resolveIncidents(target, subject, message);
  const markDone = (subject: Subject, report: Report) => (target: ReportTarget) =>
    isClean(report) ? addDoneTag(target, subject, doneTag) : Promise.resolve();
  const assert = (subject: Subject, report: Report, counted: Counted) => (target: ReportTarget) =>
    reportAssertion(target, subject, report, counted);
  const found = (subject: Subject, report: Report) =>
    send(subject, {
      tag: (target) => removeDoneTag(target, subject, doneTag),
      incident: resolve(subject, "It is no longer refused."),
      assertion: assert(subject, report, { plainRows: report.updated, timestampMs: Date.now() }),
    });
  const raise = async (subject: Subject, error: ServiceError, isTriedAgain: boolean) => {
    if (NO_INCIDENT.includes(error.code)) return;
    const incident = (target: ReportTarget) => raiseIncident(target, subject, error, isTriedAgain);
    await send(subject, { incident });
  };
  return {
    async done(subject, report, run) {
      await send(subject, {
        async operation(target) {
          if (report.updated === 0) return; // only old values elsewhere were cleared
          await reportOperation(target, subject, report, run, await tokenSource());
        },
        async property(target) {
          if (report.updated === 0) return;
          await setColumnProperties(target, subject, run, await tokenSource());
        },
        tag: markDone(subject, report),
        assertion: assert(subject, report, { plainRows: 0, timestampMs: run.startedAtMs }),
        incident: resolve(subject, `Run ${report.run_id} tokenized ${report.updated} rows.`),
      });
    },
    nothingToDo: (subject, report) =>
      send(subject, {
        tag: markDone(subject, report),
        incident: resolve(subject, "Every value is a token."),
        assertion: assert(subject, report, { plainRows: 0, timestampMs: Date.now() }),
      }),
    observed: found,
    waitingForApproval: found,
    untagged: (subject) =>
      send(subject, { incident: resolve(subject, "No column is tagged any more.") }),
    refused: (subject, error) => raise(subject, error, false),
    failed: (subject, error) => raise(subject, error, true),
  };
}

/** Whether nothing in the columns only looks like a token. */
function isClean({ lookalikes = 0 }: Report): boolean {
  return lookalikes === 0;
}

/** Sends those that the settings ask for. Throws `ReportError` if one is worth another attempt. */
async function sendAll(
  { datasetUrn }: Subject,
  effects: Effects,
  offer: () => Promise<Offer>,
  { gms, settings, problems, observe }: DatahubReporterDependencies,
): Promise<void> {
  let again: GmsError | undefined;
  for (const kind of settings.report) {
    const effect = effects[kind];
    if (effect === undefined) continue;
    try {
      const target = { gms, offer: await offer() };
      const needed = NEEDED[kind];
      if (!target.offer.has("mutations", needed)) {
        throw new GmsError("unexpected", `this version has no "${needed}"`);
      }
      await effect(target);
      problems.succeeded(kind);
    } catch (error) {
      if (!(error instanceof GmsError)) throw error;
      const { fault, reason } = error;
      problems.failed(kind, reason);
      observe({ event: "datahub_report_failed", datasetUrn, kind, fault, reason });
      if (TRIED_AGAIN.includes(fault)) again ??= error;
    }
  }
  if (again !== undefined) throw new ReportError(again);
}
