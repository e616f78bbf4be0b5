/** Checks the privileges with each sweep, and logs what is missing: once, until that changes. */
import type { Observe } from "../../observations.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import type { DatahubSettings } from "../settings.ts";
import { missingPrivileges } from "./check_privileges.ts";
import type { ReportProblems } from "./report_problems.ts";

/** What the check works with. */
export interface PrivilegeWatchDependencies {
  readonly gms: Gms;
  readonly settings: DatahubSettings;
  readonly problems: ReportProblems;
  readonly observe: Observe;
}

/** Checks them on any tagged dataset: the others are taken to be alike. Never throws `GmsError`. */
export type CheckPrivileges = (
  datasetUrn: string | undefined,
  signal: AbortSignal,
) => Promise<void>;

/** Makes the check. */
export function privilegeWatch(
  { gms, settings, problems, observe }: PrivilegeWatchDependencies,
): CheckPrivileges {
  let logged: string | undefined;
  const log = (text: string, observation: Parameters<Observe>[0]) => {
    if (text !== logged) observe(observation);
    logged = text;
  };
  return async (datasetUrn, signal) => {
    try {
      const missing = await missingPrivileges(gms, settings, datasetUrn, signal);
      problems.missingPrivileges(missing);
      const names = missing.join("; ");
      if (missing.length === 0) logged = undefined;
      else log(names, { event: "datahub_privileges_missing", missing: names });
    } catch (error) {
      if (!(error instanceof GmsError)) throw error;
      const { reason } = error;
      log(reason, { event: "datahub_privileges_not_checked", reason });
    }
  };
}
