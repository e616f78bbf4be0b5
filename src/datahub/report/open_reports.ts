/** All that has to do with reporting to DataHub, connected. */
import type { Observe } from "../../observations.ts";
import type { Gms } from "../gms/gms.ts";
import type { DatahubSettings } from "../settings.ts";
import { datahubReporter } from "./datahub_reporter.ts";
import type { TokenSource } from "./operation.ts";
import { ReportProblems } from "./report_problems.ts";
import type { Reporter } from "./reporter.ts";
import { type CheckPrivileges, privilegeWatch } from "./watch_privileges.ts";

/** What reports need. */
export interface ReportsDependencies {
  readonly gms: Gms;
  readonly settings: DatahubSettings;
  /** Which SDK makes the tokens, with which key. */
  readonly tokenSource: () => Promise<TokenSource>;
  /** After how many failures in a row there is an incident. */
  readonly failuresToIncident: number;
  readonly observe: Observe;
}

/** The parts. */
export interface Reports {
  readonly reporter: Reporter;
  readonly problems: ReportProblems;
  readonly checkPrivileges: CheckPrivileges;
}

/** Makes the parts; nothing is sent yet. */
export function openReports(deps: ReportsDependencies): Reports {
  const problems = new ReportProblems();
  return {
    problems,
    reporter: datahubReporter({ ...deps, problems }),
    checkPrivileges: privilegeWatch({ ...deps, problems }),
  };
}
