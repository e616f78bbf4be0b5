/** Clears what cannot be cleared within a transaction: dead rows, and their entries in indexes. */
import { type ResiduePlace, withPlaces } from "../../residue.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { PostgresRun } from "../postgres_run.ts";
import { type DeadRowsRow, deadRowsStatement, FLUSH_COUNTS } from "../sql/dead_rows.ts";
import type { FoundResidue } from "../sql/find_residue.ts";
import { vacuumStatement } from "./residue_places.ts";

/** Before this version of the server its counts come too late to be of use. */
const COUNTS_AT_ONCE = 150_000;
const ACTION = "remove dead rows";

/** Removes the dead rows, as far as the role may. Gives the places as they are then. Never throws. */
export async function vacuumAfterwards(
  run: PostgresRun,
  found: FoundResidue,
  places: readonly ResiduePlace[],
): Promise<ResiduePlace[]> {
  const before = places.find(({ place }) => place === "dead_rows");
  if (before === undefined || before.state === "none") return [...places];
  if (found.vacuumable.length === 0) {
    return withPlaces(places, [{ ...before, detail: "the role may not VACUUM the table" }]);
  }
  try {
    const after = await run.outsideTransactions((session) =>
      vacuum(session, found, run.limits.lockTimeoutMs)
    );
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
  if (session.isPooled) {
    const detail = "not done through a connection pooler, which keeps no settings for VACUUM";
    return { state: "not_checked", command: vacuumStatement(tables), detail };
  }
  const countDeadRows = async () =>
    (await session.query<DeadRowsRow>(ACTION, deadRowsStatement(), [arrayLiteral(vacuumable)]))
      .rows;
  const command = vacuumStatement(tables);
  const isCounted = version >= COUNTS_AT_ONCE;
  try {
    await session.query(ACTION, `SET lock_timeout = ${lockTimeoutMs}`);
    // else the run's own counts might be added after those of VACUUM
    if (isCounted) await session.query(ACTION, FLUSH_COUNTS);
    const before = await countDeadRows();
    await session.query(ACTION, vacuumStatement(vacuumable));
    const after = await countDeadRows();
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
