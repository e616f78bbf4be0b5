/**
 * Reports to DataHub what came of a dataset, each kind for itself: one that fails keeps no other from being
 * sent. What may succeed later is thrown in the end, so that the dataset is dealt with again; everything
 * is safe to repeat.
 */
import type { Report } from "../../action/trigger.ts";
import type { ErrorCode, ServiceError } from "../../errors.ts";
import type { DatahubSettings } from "../settings.ts";
import { type Counted, reportAssertion } from "./assertion.ts";
import { setColumnProperties } from "./column_property.ts";
import { addDoneTag, removeDoneTag } from "./done_tag.ts";
import type { ReportTarget } from "./report_target.ts";
import { Incidents } from "./incident.ts";
import { reportOperation, type TokenSource } from "./operation.ts";
import type { Reporter } from "./reporter.ts";
import { reportSender, type SenderDependencies } from "./send_reports.ts";
import type { Subject } from "./subject.ts";

/** What a reporter works with. */
export interface DatahubReporterDependencies extends SenderDependencies {
  readonly settings: Pick<DatahubSettings, "report" | "doneTag">;
  /** Which SDK makes the tokens, with which key. */
  readonly tokenSource: () => Promise<TokenSource>;
  /** After how many failures in a row there is an incident: the first ones are tried again soon. */
  readonly failuresToIncident: number;
}

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
  const { settings: { doneTag }, tokenSource, failuresToIncident } = deps;
  const send = reportSender(deps);
  const failures = new Map<string, number>();
  const incidents = new Incidents();
  const resolve = (subject: Subject, message: string) => (target: ReportTarget) => {
    failures.delete(subject.datasetUrn);
    return incidents.resolve(target, subject, message);
  };
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
    await send(subject, {
      incident: (target) => incidents.raise(target, subject, error, isTriedAgain),
    });
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
        incident: resolve(subject, `Run ${report.run_id} succeeded: every value is a token.`),
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
    async failed(subject, error) {
      const count = 1 + (failures.get(subject.datasetUrn) ?? 0);
      failures.set(subject.datasetUrn, count);
      if (count >= failuresToIncident) await raise(subject, error, true);
    },
  };
}

/** Whether nothing in the columns only looks like a token. */
function isClean({ lookalikes = 0 }: Report): boolean {
  return lookalikes === 0;
}
