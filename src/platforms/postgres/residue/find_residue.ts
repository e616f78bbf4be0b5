/**
 * What is left of the old values after a run, beyond the rows themselves. Within the run's transaction
 * the statistics are collected again, if the role may do that, and every place is checked. If anything
 * fails here, it is rolled back to a savepoint, the run stays as it is, and the places count as not checked.
 */
import type { Residue } from "../../residue.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral, quoteIdentifier } from "../identifiers.ts";
import { inSmallMemory } from "../lookup/small_memory.ts";
import type { PostgresRun } from "../postgres_run.ts";
import { type FindAnalyzableRow, findAnalyzableStatement } from "../sql/find_analyzable.ts";
import {
  type FindResidueRow,
  findResidueStatement,
  type FoundResidue,
} from "../sql/find_residue.ts";
import { tableName } from "../sql/table_expressions.ts";
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
  const analyzable = analyzableIfPlain(rewrite) ??
    await withSavepoint(session, () => findAnalyzable(session, rewrite));
  if (analyzable === undefined) return { places: uncheckedPlaces() };
  const analyzed = analyzable.length === 0 ? undefined : await withSavepoint(session, async () => {
    const analyze = session.query(ACTION, `ANALYZE ${analyzable.join(", ")}`);
    const [, found] = await Promise.all([analyze, search()]);
    return found;
  });
  const found = analyzed ?? await withSavepoint(session, search);
  if (found === undefined) return { places: uncheckedPlaces() };
  const places = residuePlaces(found, rewrite, analyzed !== undefined);
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

/**
 * What the role may ANALYZE: tables, each with the columns to be sampled, or without if others may have
 * changed with them. To collect the statistics of every column of a wide table takes seconds.
 */
export async function findAnalyzable(
  session: Session,
  rewrite: FinishedRewrite,
): Promise<readonly string[]> {
  const known = analyzableIfPlain(rewrite);
  if (known !== undefined) return known;
  const parameters = [String(rewrite.table.oid)];
  const { rows } = await inSmallMemory(
    session,
    ACTION,
    () => session.query<FindAnalyzableRow>(ACTION, findAnalyzableStatement(), parameters),
  );
  return rows.map(([name, hasComputed]) => hasComputed ? name : withColumns(name, rewrite));
}

/** The same, as the look-up of a plain table has told it; undefined of any other. */
function analyzableIfPlain(rewrite: FinishedRewrite): readonly string[] | undefined {
  const { table } = rewrite;
  if (!table.isPlain) return undefined;
  return table.canMaintain ? [withColumns(tableName(table), rewrite)] : [];
}

/** A table as ANALYZE takes it, with the columns if the run can have changed no other. */
function withColumns(name: string, { table }: FinishedRewrite): string {
  const changesOthers = table.triggers.length + table.carryingKeys.length > 0;
  if (changesOthers) return name;
  return `${name} (${table.columns.map((column) => quoteIdentifier(column.name)).join(", ")})`;
}

/** What is in each place now. */
export async function searchOnce(
  session: Session,
  { table, selects }: FinishedRewrite,
): Promise<FoundResidue> {
  const { oid, columns } = table;
  const statement = findResidueStatement(selects, table);
  const padded = columns.filter(({ baseType }) => baseType === "bpchar");
  const parameters = [
    String(oid),
    arrayLiteral(columns.map(({ name }) => name)),
    arrayLiteral(padded.map(({ name }) => name)),
  ];
  const { rows } = await inSmallMemory(
    session,
    ACTION,
    () => session.query<FindResidueRow>(ACTION, statement, parameters),
  );
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
