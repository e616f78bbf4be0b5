/** From a dataset's name to the one table it means. */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import { ServiceError } from "../../../errors.ts";
import { candidatesFor, type NameCandidate } from "../../table_name_candidates.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { Session } from "../connection/session.ts";
import { type FindTablesRow, findTablesStatement, type FoundTable } from "../sql/find_tables.ts";

/** The table and where it was found. */
export interface FoundDataset {
  readonly database: string;
  readonly serverEncoding: string;
  readonly table: FoundTable;
}

/**
 * Looks the dataset up: names as they are first, then without regard to case. With `lock` it also takes
 * the lock that stands for a run of one transaction.
 *
 * Throws `wrong_database`, `table_not_found` or `ambiguous_name`.
 */
export async function findTable(
  session: Session,
  dataset: DatasetUrn,
  columns: readonly ColumnRef[],
  lock: boolean,
): Promise<FoundDataset> {
  const candidates = candidatesFor(dataset, "database.schema.table");
  for (const exact of [true, false]) {
    const [database, serverEncoding, matches] = await lookUp(session, candidates, columns, {
      exact,
      lock,
    });
    const tables = exact
      ? matches
      : matches.filter((table) =>
        candidates.some((candidate) => isSame(candidate, database, table))
      );
    // one table may be found by several spellings of what stands before it
    const [table, ...others] = new Map(tables.map((each) => [each.oid, each])).values();
    if (others.length > 0) throw ambiguous(dataset, [table!, ...others]);
    if (table !== undefined) return { database, serverEncoding, table };
    if (!exact) throw notFound(dataset, candidates, database);
  }
  throw new Error("unreachable");
}

async function lookUp(
  session: Session,
  candidates: readonly NameCandidate[],
  columns: readonly ColumnRef[],
  { exact, lock }: { readonly exact: boolean; readonly lock: boolean },
): Promise<FindTablesRow> {
  const possible = candidates.filter((candidate) => Object.values(candidate).every(isPossible));
  const { rows } = await session.query<FindTablesRow>(
    "look the table up",
    findTablesStatement(exact),
    [
      arrayLiteral(possible.map(({ instance }) => instance)),
      arrayLiteral(possible.map(({ database }) => database)),
      arrayLiteral(possible.map(({ schema }) => schema)),
      arrayLiteral(possible.map(({ table }) => table)),
      arrayLiteral(columns.flatMap(({ names }) => names).filter(isPossible)),
      String(lock),
    ],
  );
  return rows[0]!;
}

/** Postgres takes no NUL byte and no half of a surrogate pair, not even to compare it with. */
function isPossible(name: string): boolean {
  return !name.includes("\0") && name.isWellFormed();
}

function isSame(candidate: NameCandidate, database: string, table: FoundTable): boolean {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  return candidate.instance === table.instance && same(candidate.database, database) &&
    same(candidate.schema, table.schema) && same(candidate.table, table.name);
}

function ambiguous(dataset: DatasetUrn, tables: readonly FoundTable[]): ServiceError {
  const names = tables.map(({ schema, name }) => `"${schema}"."${name}"`).join(", ");
  return new ServiceError(
    "ambiguous_name",
    `Cannot find the table: the name "${dataset.name}" can mean ${names}`,
  );
}

function notFound(
  dataset: DatasetUrn,
  candidates: readonly NameCandidate[],
  connected: string,
): ServiceError {
  const same = (name: string) => name.toLowerCase() === connected.toLowerCase();
  if (candidates.some(({ database }) => same(database))) {
    return new ServiceError(
      "table_not_found",
      `Cannot find the table: database "${connected}" has none that "${dataset.name}" names`,
    );
  }
  return new ServiceError(
    "wrong_database",
    `Cannot find the table: "${dataset.name}" is not in database "${connected}", the one connected to`,
  );
}
