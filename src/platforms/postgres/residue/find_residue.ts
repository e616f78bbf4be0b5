/**
 * What is left of the old values after a run, beyond the rows themselves. Within the transaction the
 * statistics are made anew where the role may do that, and every place is looked at. Whatever fails
 * here leaves the run as it is: it is rolled back to a savepoint, and not checked.
 */
import type { Residue } from "../../residue.ts";
import { arrayLiteral } from "../identifiers.ts";
import { residuePlaces, type RewrittenTable, uncheckedPlaces } from "./residue_places.ts";
import { type AfterCommit, vacuumAfterwards } from "./scrub.ts";
import type { Session } from "../connection/session.ts";
import {
  type FindResidueRow,
  findResidueStatement,
  type FoundResidue,
} from "../sql/find_residue.ts";

const ACTION = "look for old values";

/** Looks, within the transaction that `session` is in. Does not throw. */
export async function findResidue(
  session: Session,
  rewritten: RewrittenTable,
  afterCommit: AfterCommit,
): Promise<Residue> {
  const look = () => lookOnce(session, rewritten);
  let analyzed = false;
  let found = await withSavepoint(session, look);
  if (found === undefined) return { places: uncheckedPlaces() };
  if (found.analyzable.length > 0) {
    const statement = `ANALYZE ${found.analyzable.join(", ")}`;
    const again = await withSavepoint(session, async () => {
      const [, second] = await Promise.all([session.query(ACTION, statement), look()]);
      return second;
    });
    analyzed = again !== undefined;
    found = again ?? found;
  }
  const places = residuePlaces(found, rewritten, analyzed);
  const known = found;
  return rewritten.scrub
    ? { places, clearAfterwards: () => vacuumAfterwards(known, places, afterCommit) }
    : { places };
}

/** Looks in a transaction of its own, after others. Does not throw. */
export async function findCommittedResidue(
  inOwnTransaction: (work: (session: Session) => Promise<Residue>) => Promise<Residue>,
  rewritten: RewrittenTable,
  afterCommit: AfterCommit,
): Promise<Residue> {
  try {
    return await inOwnTransaction((session) => findResidue(session, rewritten, afterCommit));
  } catch {
    return { places: uncheckedPlaces() };
  }
}

async function lookOnce(
  session: Session,
  { table, selects }: RewrittenTable,
): Promise<FoundResidue> {
  const { oid, columns } = table;
  const padded = columns.filter(({ baseType }) => baseType === "bpchar");
  const { rows } = await session.query<FindResidueRow>(ACTION, findResidueStatement(selects), [
    String(oid),
    arrayLiteral(columns.map(({ name }) => name)),
    arrayLiteral(padded.map(({ name }) => name)),
  ]);
  return rows[0]![0];
}

/** Undone as a whole where it fails, and then undefined. */
async function withSavepoint<T>(
  session: Session,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const setting = session.query(ACTION, "SAVEPOINT residue");
  const [set, done] = await Promise.allSettled([setting, work()]);
  if (set.status === "fulfilled" && done.status === "fulfilled") return done.value;
  // where even this fails, so will the COMMIT, and says so
  await session.query(ACTION, "ROLLBACK TO SAVEPOINT residue").catch(() => {});
  return undefined;
}
