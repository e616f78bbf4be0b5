/** Whether a run left old values in places that time clears, so that another scrub can clear them later. */
import type { Report } from "../../action/trigger.ts";
import { backoffMs } from "../../async.ts";
import type { ResiduePlace } from "../../platforms/residue.ts";
import { PROFILES_PLACE } from "../report/profiles.ts";
import type { DueScrub } from "./journal.ts";

/**
 * Places that a scrub clears once transactions have ended, a retention is over or, for profiles, DataHub
 * takes the request.
 */
const CLEARED_LATER = [
  "dead_rows",
  "history",
  "deletion_vectors",
  "change_data_feed",
  PROFILES_PLACE,
];

const PAUSES = { firstMs: 600_000, maxMs: 24 * 3_600_000 };

/** When to scrub again after `previous`; undefined if there is nothing that a scrub would clear. */
export function scrubDue(
  { residue = [] }: Pick<Report, "residue">,
  previous: DueScrub | undefined,
): DueScrub | undefined {
  if (!residue.some(isClearedLater)) return undefined;
  const scrubs = 1 + (previous?.scrubs ?? 0);
  return { scrubs, due_at_ms: Date.now() + backoffMs(scrubs, PAUSES) };
}

function isClearedLater({ place, state }: ResiduePlace): boolean {
  return state === "remains" && CLEARED_LATER.includes(place);
}
