/** From a dataset's name to the relation that is inspected, by a look-up of its own. */
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import { hintAt } from "../../../did_you_mean.ts";
import { ServiceError } from "../../../errors.ts";
import { isPossibleText } from "../../../possible_text.ts";
import { withinScope } from "../../connection_scope.ts";
import { candidatesFor, type NameCandidate } from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";

/** A table, view or the like. */
export interface Relation {
  /** What precedes the database in the dataset's name. */
  readonly instance: string;
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /** `pg_class.relkind`. */
  readonly kind: string;
}

/** Finds the table in the database that one of the names was probably meant to be; undefined if there is none. */
export type FindSimilar = (
  database: string,
  candidates: readonly NameCandidate[],
) => Promise<string | undefined>;

const ACTION = "look up the table";

const RELATIONS = `SELECT n.nspname::text, c.relname::text, c.oid, c.relkind::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

const NAMED = `${RELATIONS} AND (n.nspname::text, c.relname::text) IN (
  SELECT wanted.schema, wanted.name FROM unnest($1::text[], $2::text[]) AS wanted(schema, name))`;

type RelationRow = [schema: string, name: string, oid: number, kind: string];

/**
 * Finds the one relation that the dataset's name means: exactly, or else without regard to case. Throws
 * `wrong_database`, `table_not_found` or `ambiguous_name`.
 */
export async function findRelation(
  session: Session,
  dataset: DatasetUrn,
  platformInstance: string | undefined,
  findSimilar: FindSimilar,
): Promise<Relation> {
  const all = withinScope(candidatesFor(dataset, "database.schema.table"), {
    platformInstance,
    databases: undefined,
  });
  const { rows: [row] } = await session.query<[string]>(ACTION, "SELECT current_database()::text");
  const database = row![0];
  const candidates = all.filter((each) => isSame(each.database, database));
  if (candidates.length === 0) {
    throw new ServiceError(
      "wrong_database",
      `Cannot find the table: "${dataset.name}" is not in database "${database}", the one connected to`,
    );
  }
  const exact = await named(session, candidates);
  const found = matching(exact, candidates, database, (a, b) => a === b);
  if (found.length > 0) return onlyOne(dataset, found);
  const { rows } = await session.query<RelationRow>(ACTION, RELATIONS);
  const similar = matching(rows, candidates, database, isSame);
  if (similar.length > 0) return onlyOne(dataset, similar);
  const hint = hintAt(await findSimilar(database, candidates.filter(isPossible)));
  throw new ServiceError(
    "table_not_found",
    `Cannot find the table: database "${database}" has no "${dataset.name}", or the role may not see it${hint}`,
  );
}

async function named(
  session: Session,
  candidates: readonly NameCandidate[],
): Promise<RelationRow[]> {
  const possible = candidates.filter(isPossible);
  const { rows } = await session.query<RelationRow>(ACTION, NAMED, [
    arrayLiteral(possible.map(({ schema }) => schema)),
    arrayLiteral(possible.map(({ table }) => table)),
  ]);
  return rows;
}

function matching(
  rows: readonly RelationRow[],
  candidates: readonly NameCandidate[],
  database: string,
  equals: (a: string, b: string) => boolean,
): Relation[] {
  return rows.flatMap(([schema, name, oid, kind]) => {
    const candidate = candidates.find((each) =>
      equals(each.database, database) && equals(each.schema, schema) && equals(each.table, name)
    );
    const { instance } = candidate ?? {};
    return instance === undefined ? [] : [{ instance, database, schema, name, oid, kind }];
  });
}

function onlyOne(dataset: DatasetUrn, found: readonly Relation[]): Relation {
  if (found.length === 1) return found[0]!;
  const names = found.map(({ schema, name }) => `"${schema}"."${name}"`).join(", ");
  throw new ServiceError(
    "ambiguous_name",
    `Cannot find the table: the name "${dataset.name}" can mean ${names}`,
  );
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Postgres accepts no NUL byte and no half of a surrogate pair. */
function isPossible({ schema, table }: NameCandidate): boolean {
  return [schema, table].every(isPossibleText);
}
