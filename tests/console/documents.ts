/**
 * What the console knows of the API's documents is true: where it is not, this does not compile. There is
 * nothing to run.
 */
import type { Report } from "../../src/action/trigger.ts";
import type { ADVICE } from "../../src/console/advice.ts";
import type * as shown from "../../src/console/api/documents.ts";
import type { LoopStatus } from "../../src/datahub/loop/loop_status.ts";
import type { Approvals } from "../../src/datahub/loop/waiting_columns.ts";
import type { SentPlan } from "../../src/http/plan_routes.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Readiness } from "../../src/http/readiness.ts";
import type { TriggerBody } from "../../src/http/schemas.ts";
import type { Run } from "../../src/runs/run.ts";
import type { HistoryStatus, RunPage } from "../../src/runs/run_store.ts";

/** Each document that the API sends, as the console reads it. */
export const asShown = {
  run: (sent: Run): shown.Run => sent,
  runs: (sent: RunPage & { history: HistoryStatus }): shown.RunPage => sent,
  report: (sent: Report): shown.Report => sent,
  plan: (sent: SentPlan): shown.Plan => sent,
  readiness: (sent: Readiness): shown.Readiness => sent,
  status: (sent: LoopStatus): shown.DatahubStatus => sent,
  approvals: (sent: Approvals): shown.Approvals => sent,
};

/** What the console sends. */
export const asSent = (trigger: shown.TriggerBody): TriggerBody => trigger;

/** The codes that the console has advice for. */
export const advised = (code: keyof typeof ADVICE): ErrorCode => code;
