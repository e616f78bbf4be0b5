/** What else an UPDATE of a table would set off: refused, unless the configuration allows it. */
import { type Refuse, throwObstacle } from "../../obstacles.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import { sideEffectsQuery } from "../sql/find_side_effects.ts";
import type { ColumnMetadata, SideEffect, SideEffectKind, TableMetadata } from "../table.ts";
import { displayNameOf } from "./check_table.ts";

/** What a run has to reckon with. */
export interface ExpectedEffects {
  /** The names of the triggers and rules that fire; empty unless they are allowed. */
  readonly triggers: readonly string[];
  /** Foreign keys from the table to itself that hold only if both sides change in one statement. */
  readonly selfKeys: readonly string[];
  /** Foreign keys that carry the change to other tables. */
  readonly carryingKeys: readonly string[];
}

/** What a run is allowed to set off. */
export interface AllowedEffects {
  readonly allowTriggers: boolean;
  /** Whether the run commits more than once. */
  readonly inBatches: boolean;
}

/** What stands in a run's way, in the order in which it is said; for `list`, the names. */
const REFUSALS: readonly (readonly [
  kind: SideEffectKind,
  reason: (list: string) => string,
  isAllowed?: (allowed: AllowedEffects) => boolean,
])[] = [
  ["fk_set_null", (list) => `foreign keys would set rows elsewhere to NULL (${list})`],
  [
    "fk_off",
    (list) =>
      `foreign keys are switched off or not enforced, so that the change would break them (${list}): ` +
      "enable their triggers, or drop them",
  ],
  ["fk_self_cascade", (list) => `foreign keys cascade within the table itself (${list})`],
  [
    "fk_delete",
    (list) =>
      "rows would move to other partitions, which PostgreSQL before 15 takes for a deletion, " +
      `and foreign keys would delete or change rows elsewhere (${list})`,
  ],
  [
    "unidentified",
    (list) =>
      "it, or a table that foreign keys carry the change to, has no replica identity by which its " +
      `updates could be published (${list}): set one, or drop it from the publication`,
  ],
  [
    "unfiltered",
    (list) =>
      "a row filter or column list of a publication does not fit the replica identity, so that " +
      `updates cannot be published (${list}): change one of the two`,
  ],
  [
    "fk_self",
    (list) =>
      `rows of different batches refer to each other (${list}), and no batch could be committed ` +
      "alone: commit them as one",
    ({ inBatches }) => !inBatches,
  ],
  [
    "trigger_or_rule",
    (list) =>
      `triggers or rules would fire and may copy values elsewhere (${list}): ` +
      "set ALLOW_TRIGGERS=true to let them",
    ({ allowTriggers }) => allowTriggers,
  ],
];

/**
 * The effects of an UPDATE of `columns` that stand in no run's way.
 *
 * Refuses with `table_not_supported` for triggers and rules that are not allowed, for foreign keys that would
 * change rows behind the run's back, and for those that would not hold between two batches.
 */
export async function checkSideEffects(
  session: Session,
  found: TableMetadata,
  columns: readonly ColumnMetadata[],
  allowed: AllowedEffects,
  refuse: Refuse = throwObstacle,
): Promise<ExpectedEffects> {
  // if columns' names differ in case alone, more of them were found than are meant
  const sideEffects = columns.length === found.columns.length
    ? found.sideEffects
    : await findSideEffects(session, found, columns);
  const namesOf = (wanted: SideEffectKind) =>
    sideEffects.filter(([kind]) => kind === wanted).map(([, name]) => name);
  for (const [kind, reason, isAllowed] of REFUSALS) {
    const names = namesOf(kind);
    if (names.length === 0 || isAllowed?.(allowed)) continue;
    const list = names.map((name) => `"${name}"`).join(", ");
    refuse(refusal("table_not_supported", displayNameOf(found), reason(list)));
  }
  return {
    triggers: namesOf("trigger_or_rule"),
    selfKeys: namesOf("fk_self"),
    carryingKeys: namesOf("fk_cascade"),
  };
}

async function findSideEffects(
  session: Session,
  found: TableMetadata,
  columns: readonly ColumnMetadata[],
): Promise<readonly SideEffect[]> {
  const { rows } = await session.query<SideEffect>(
    `look up the triggers of ${displayNameOf(found)}`,
    sideEffectsQuery("$1::oid", "$2::text[]"),
    [String(found.oid), arrayLiteral(columns.map(({ name }) => name))],
  );
  return rows;
}
