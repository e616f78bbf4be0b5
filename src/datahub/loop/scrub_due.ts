/** Whether a run left old values in places that time clears, so that another scrub can clear them later. */
import type { Report } from "../../action/trigger.ts";
import { backoffMs } from "../../async.ts";
import type { ResiduePlace } from "../../platforms/residue.ts";
import type { Hint } from "./hint.ts";

/** Places that a scrub clears once transactions have ended or a retention is over. */
const CLEARED_LATER = ["dead_rows", "history", "deletion_vectors", "change_data_feed"];

const PAUSES = { firstMs: 600_000, maxMs: 24 * 3_600_000 };

/** Another scrub: in so many milliseconds, with what it has to know. */
export interface ScrubDue {
  readonly afterMs: number;
  readonly hint: { readonly scrubs: number };
}

/** When to scrub again; undefined if there is nothing that a scrub would clear. */
export function scrubDue(
  { residue = [] }: Pick<Report, "residue">,
  hints: readonly Hint[],
): ScrubDue | undefined {
  if (!residue.some(isClearedLater)) return undefined;
  const scrubs = 1 + Math.max(0, ...hints.map((hint) => hint.scrubs ?? 0));
  return { afterMs: backoffMs(scrubs, PAUSES), hint: { scrubs } };
}

function isClearedLater({ place, state }: ResiduePlace): boolean {
  return state === "remains" && CLEARED_LATER.includes(place);
}
