/**
 * Profiles of a dataset in DataHub, which hold values of its columns: smallest, largest and most frequent
 * ones, and samples. They are one more place where old values are left.
 *
 * Source of the request: `hard_delete_timeseries_aspect` in `graph/client.py` of `acryl-datahub`. It deletes
 * the profiles of all columns, since each is of the whole dataset.
 */
import { z } from "zod";
import type { Observe } from "../../observations.ts";
import type { ResiduePlace } from "../../platforms/residue.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import { parsed } from "../gms/parsed.ts";

/** The name of the place. */
export const PROFILES_PLACE = "datahub_profiles";
/** The log that keeps what was deleted. */
const LOG_PLACE = "datahub_change_log";

const LOG_DETAIL =
  "copies of the profiles stay in DataHub's topic MetadataChangeLog_Timeseries_v1 until its retention " +
  "is over, 90 days by default";

const deletedSchema = z.object({ value: z.object({ timeseriesRows: z.number().nullish() }) });

/** What to do about profiles. */
export interface ProfilesDependencies {
  readonly gms: Gms;
  /** Whether they are deleted. */
  readonly purgeProfiles: boolean;
  readonly observe: Observe;
}

/** Deletes the profiles of a dataset up to now, if that is wanted. Never throws `GmsError`. */
export async function profilesPlaces(
  datasetUrn: string,
  { gms, purgeProfiles, observe }: ProfilesDependencies,
): Promise<ResiduePlace[]> {
  const place = PROFILES_PLACE;
  if (!purgeProfiles) {
    const detail = "profiles in DataHub may hold values; DATAHUB_PURGE_PROFILES deletes them";
    return [{ place, state: "not_checked", detail }];
  }
  try {
    const deleted = await deleteProfiles(gms, datasetUrn);
    if (deleted === 0) return [{ place, state: "none" }];
    const detail =
      `${deleted} rows of profiles were deleted, of all columns; a profiler that reads ` +
      "the table writes new ones";
    return [
      { place, state: "cleared", detail },
      { place: LOG_PLACE, state: "remains", detail: LOG_DETAIL },
    ];
  } catch (error) {
    if (!(error instanceof GmsError)) throw error;
    const { fault, reason } = error;
    observe({ event: "datahub_report_failed", datasetUrn, kind: "profiles", fault, reason });
    return [{ place, state: "remains", detail: `DataHub did not delete the profiles: ${reason}` }];
  }
}

/** Returns how many were deleted. Throws `GmsError`. */
async function deleteProfiles(gms: Gms, urn: string): Promise<number> {
  const reply = await gms.send({
    method: "POST",
    path: "/entities?action=delete",
    body: { urn, aspectName: "datasetProfile", endTimeMillis: Date.now() },
  });
  return parsed(deletedSchema, reply).value.timeseriesRows ?? 0;
}
