/**
 * What is left of the old values after a run: Delta writes new files and keeps the old ones for a
 * while. The table's properties were read when it was looked up, so the report costs nothing.
 */
import type { ResiduePlace, ResidueState } from "../../residue.ts";
import { withPlaces } from "../../residue.ts";
import type { CheckedTable } from "../table.ts";
import { type Cleared, clearFiles } from "./scrub.ts";
import type { Session } from "../connection/session.ts";
import { purgeStatement, vacuumStatement } from "../sql/residue.ts";

/** Delta's own, unless the table's properties say otherwise. */
const RETENTION = "interval 1 week";
const LOG_RETENTION = "interval 30 days";

/** Where old values of `updated` rows are left; with `scrub`, after clearing them. Never throws. */
export async function findResidue(
  session: Session,
  table: CheckedTable,
  { updated, scrub }: { readonly updated: number; readonly scrub: boolean },
): Promise<ResiduePlace[]> {
  if (!table.isDelta) {
    const detail = "older snapshots of the table, as long as its settings keep them";
    return [{ place: "snapshots", state: "not_checked", detail }];
  }
  const places = deltaPlaces(table, updated);
  if (!scrub) return places;
  const retention = propertyOf(table, "delta.deletedFileRetentionDuration") ?? RETENTION;
  const cleared = await clearFiles(session, table, {
    retention,
    purges: places.some(({ place, state }) => place === "deletion_vectors" && state !== "none"),
  });
  return withPlaces(places, afterScrub(places, cleared));
}

function deltaPlaces(table: CheckedTable, updated: number): ResiduePlace[] {
  // if this run changed nothing, an earlier one may have; what was cleared since is not known
  const left: ResidueState = updated > 0 ? "remains" : "not_checked";
  const retention = propertyOf(table, "delta.deletedFileRetentionDuration") ?? RETENTION;
  const logRetention = propertyOf(table, "delta.logRetentionDuration") ?? LOG_RETENTION;
  const vacuum = vacuumStatement(table);
  const ifEnabled = (property: string, place: Omit<ResiduePlace, "state">): ResiduePlace =>
    table.properties === undefined
      ? { ...place, state: "not_checked" }
      : propertyOf(table, property)?.toLowerCase() === "true"
      ? { ...place, state: left }
      : { place: place.place, state: "none" };
  return [
    {
      place: "history",
      state: left,
      command: vacuum,
      detail: `time travel reads older versions until VACUUM, ${retention} after the run`,
    },
    ifEnabled("delta.enableDeletionVectors", {
      place: "deletion_vectors",
      command: purgeStatement(table),
      detail: "replaced rows are still in the table's files; after a purge, in its history",
    }),
    ifEnabled("delta.enableChangeDataFeed", {
      place: "change_data_feed",
      command: vacuum,
      detail: `it holds rows as they were before, until VACUUM, ${retention} after the run`,
    }),
    {
      place: "transaction_log",
      state: left,
      detail: `each file's least and greatest value stay in the log for ${logRetention}, truncated`,
    },
    { place: "shallow_clones", state: "not_checked", detail: "they cannot be listed" },
    {
      place: "copies",
      state: "not_checked",
      detail: "deep clones, materialized views, streaming tables and backups cannot be listed",
    },
  ];
}

function afterScrub(places: readonly ResiduePlace[], cleared: Cleared): ResiduePlace[] {
  return places.filter(({ state }) => state !== "none").flatMap((each): ResiduePlace[] => {
    const after = each.place === "deletion_vectors"
      ? cleared.deletionVectors
      : each.place === "history" || each.place === "change_data_feed"
      ? cleared.files
      : undefined;
    if (after === undefined) return [];
    const { place, command } = each;
    if (after.state === "cleared") return [{ place, state: "cleared" }];
    return [{ place, ...(command === undefined ? {} : { command }), ...after }];
  });
}

/** A property of the table, as its description lists them: `[a=1,b=2]`. */
function propertyOf({ properties }: CheckedTable, name: string): string | undefined {
  const at = `[${properties ?? ""}`.split(/[[,]/).find((each) => each.startsWith(`${name}=`));
  return at?.slice(name.length + 1).replace(/\]$/, "").trim();
}
