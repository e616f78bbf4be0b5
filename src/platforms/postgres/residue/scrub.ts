/** Clears what cannot be cleared within a transaction: dead rows, and what indexes hold of them. */
import { type ResiduePlace, withPlaces } from "../../residue.ts";
import { arrayLiteral } from "../identifiers.ts";
import { vacuumStatement } from "./residue_places.ts";
import type { Session } from "../connection/session.ts";
import { type DeadRowsRow, deadRowsStatement, FLUSH_COUNTS } from "../sql/dead_rows.ts";
import type { FoundResidue } from "../sql/find_residue.ts";

/** Before this version the counters come too late to be asked. */
const COUNTS_AT_ONCE = 150_000;
const ACTION = "remove dead rows";

/** A session once the run is committed. */
export interface AfterCommit {
  readonly lockTimeoutMs: number;
  /** Calls its argument with a session outside of any transaction. */
  readonly withSession: <T>(use: (session: Session) => Promise<T>) => Promise<T>;
}

/** Removes the dead rows, as far as the role may, and gives the places anew. Does not throw. */
export async function vacuumAfterwards(
  found: FoundResidue,
  places: readonly ResiduePlace[],
  { lockTimeoutMs, withSession }: AfterCommit,
): Promise<ResiduePlace[]> {
  const before = places.find(({ place }) => place === "dead_rows");
  if (before === undefined || before.state === "none") return [...places];
  if (found.vacuumable.length === 0) {
    return withPlaces(places, [{ ...before, detail: "the role may not VACUUM the table" }]);
  }
  try {
    const after = await withSession((session) => vacuum(session, found, lockTimeoutMs));
    return withPlaces(places, [{ place: "dead_rows", ...after }]);
  } catch {
    const command = vacuumStatement(found.tables);
    const failed = { state: "not_checked", command, detail: "VACUUM failed" } as const;
    return withPlaces(places, [{ place: "dead_rows", ...failed }]);
  }
}

async function vacuum(
  session: Session,
  { tables, vacuumable, version }: FoundResidue,
  lockTimeoutMs: number,
): Promise<Omit<ResiduePlace, "place">> {
  const look = async () =>
    (await session.query<DeadRowsRow>(ACTION, deadRowsStatement(), [arrayLiteral(vacuumable)]))
      .rows;
  const command = vacuumStatement(tables);
  const isCounted = version >= COUNTS_AT_ONCE;
  try {
    await session.query(ACTION, `SET lock_timeout = ${lockTimeoutMs}`);
    // what the run itself counted must not be added after VACUUM has
    if (isCounted) await session.query(ACTION, FLUSH_COUNTS);
    const before = await look();
    await session.query(ACTION, vacuumStatement(vacuumable));
    const after = await look();
    if (!isCounted || after.some(([, , counted]) => !counted)) {
      const detail = "VACUUM was run, but this server does not count what it had to leave";
      return { state: "not_checked", command, detail };
    }
    if (!after.every(([vacuums], i) => Number(vacuums) > Number(before[i]![0]))) {
      return { state: "not_checked", command, detail: "VACUUM did not reach every table" };
    }
    const left = after.reduce((sum, [, dead]) => sum + Number(dead), 0);
    if (left > 0) {
      const detail = `VACUUM had to leave ${left}: a transaction or replica may still see them`;
      return { state: "remains", command, detail };
    }
    if (vacuumable.length === tables.length) return { state: "cleared" };
    return { state: "remains", command, detail: "the role may not VACUUM every partition" };
  } finally {
    await session.query(ACTION, "RESET lock_timeout").catch(() => session.close());
  }
}
