/**
 * Where old values are still to be found after a run: places that no UPDATE reaches.
 *
 * What is known of a place, in one word:
 * - `none`: it was looked at, and there is nothing in it.
 * - `cleared`: this run cleared it, and then looked at it again.
 * - `remains`: old values are there, or have to be taken to be there.
 * - `not_checked`: nobody looked, or nobody could.
 */

/** What is known of a place. */
export const RESIDUE_STATES = ["none", "cleared", "remains", "not_checked"] as const;

/** One of them. */
export type ResidueState = typeof RESIDUE_STATES[number];

/** A place, and what is known of it. It names tables and the like, and never holds a value. */
export interface ResiduePlace {
  /** Such as `pg_stats`; each platform has its own. */
  readonly place: string;
  readonly state: ResidueState;
  /** What clears it, as SQL to run; absent where nothing is to be cleared, or no SQL does it. */
  readonly command?: string;
  /** What is to be known besides. */
  readonly detail?: string;
}

/** What was found while the run lasted. */
export interface Residue {
  readonly places: readonly ResiduePlace[];
  /**
   * Clears what can only be cleared once the run is committed, and gives the places anew. There only
   * where the run is asked to. It never throws: what fails is not checked.
   */
  readonly clearAfterwards?: () => Promise<readonly ResiduePlace[]>;
}

/** The places, with those of `changed` in the stead of those of the same names. */
export function withPlaces(
  places: readonly ResiduePlace[],
  changed: readonly ResiduePlace[],
): ResiduePlace[] {
  return places.map((each) => changed.find(({ place }) => place === each.place) ?? each);
}
