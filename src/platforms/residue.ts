/**
 * Where old values are left after a run: places that no UPDATE reaches.
 *
 * The state of a place:
 * - `none`: it was checked, and holds no old value.
 * - `cleared`: this run cleared it, and checked it again.
 * - `remains`: old values are there, or must be assumed to be.
 * - `not_checked`: it was not checked, or could not be.
 */

/** Every state of a place. */
export const RESIDUE_STATES = ["none", "cleared", "remains", "not_checked"] as const;

/** The state of a place. */
export type ResidueState = typeof RESIDUE_STATES[number];

/** A place, and what is known of it: names of tables and the like, and never a value. */
export interface ResiduePlace {
  /** Such as `pg_stats`; each platform has its own. */
  readonly place: string;
  readonly state: ResidueState;
  /** SQL that clears it; absent if there is nothing to clear, or no SQL that does. */
  readonly command?: string;
  /** What else there is to know. */
  readonly detail?: string;
}

/** What was found before the run was committed. */
export interface Residue {
  readonly places: readonly ResiduePlace[];
  /**
   * Clears what can only be cleared once the run is committed, and gives the places as they are then.
   * Absent unless the run is to scrub. Never throws: what fails counts as not checked.
   */
  readonly clearAfterwards?: () => Promise<readonly ResiduePlace[]>;
}

/** The places, in which those of `changed` replace those of the same name. */
export function withPlaces(
  places: readonly ResiduePlace[],
  changed: readonly ResiduePlace[],
): ResiduePlace[] {
  return places.map((each) => changed.find(({ place }) => place === each.place) ?? each);
}
