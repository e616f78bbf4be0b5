/**
 * What is left of the old values after a run, beyond the rows themselves. Within the run's transaction
 * the statistics are collected again, if the role may do that, and every place is checked. If anything
 * fails here, it is rolled back to a savepoint, the run stays as it is, and the places count as not checked.
 */
import type { Residue } from "../../residue.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { PostgresRun } from "../postgres_run.ts";
import {
  type FindResidueRow,
  findResidueStatement,
  type FoundResidue,
} from "../sql/find_residue.ts";
import { type FinishedRewrite, residuePlaces, uncheckedPlaces } from "./residue_places.ts";
import { vacuumAfterwards } from "./scrub.ts";

const ACTION = "look for old values";

/** Checks, within the transaction that `session` is in. Never throws. */
export async function findResidue(
  session: Session,
  run: PostgresRun,
  rewrite: FinishedRewrite,
): Promise<Residue> {
  const search = () => searchOnce(session, rewrite);
  const first = await withSavepoint(session, search);
  if (first === undefined) return { places: uncheckedPlaces() };
  const second = first.analyzable.length === 0 ? undefined : await withSavepoint(
    session,
    async () => {
      const analyze = session.query(ACTION, `ANALYZE ${first.analyzable.join(", ")}`);
      const [, again] = await Promise.all([analyze, search()]);
      return again;
    },
  );
  const found = second ?? first;
  const places = residuePlaces(found, rewrite, second !== undefined);
  return rewrite.scrub
    ? { places, clearAfterwards: () => vacuumAfterwards(run, found, places) }
    : { places };
}

/** The same in a transaction of its own, after those of the run. Never throws. */
export async function findCommittedResidue(
  run: PostgresRun,
  rewrite: FinishedRewrite,
): Promise<Residue> {
  try {
    return await run.inOwnTransaction((session) => findResidue(session, run, rewrite));
  } catch {
    return { places: uncheckedPlaces() };
  }
}

async function searchOnce(
  session: Session,
  { table, selects }: FinishedRewrite,
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

/** The result of `work`; undefined if it fails, and then its effects are undone. */
async function withSavepoint<T>(
  session: Session,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const setting = session.query(ACTION, "SAVEPOINT residue");
  const [set, done] = await Promise.allSettled([setting, work()]);
  if (set.status === "fulfilled" && done.status === "fulfilled") return done.value;
  // if even this fails, so will the COMMIT, and the run with it
  await session.query(ACTION, "ROLLBACK TO SAVEPOINT residue").catch(() => {});
  return undefined;
}
