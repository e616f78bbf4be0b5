/** From a dataset's name to the one table it means. */
import type { ResolvedName } from "../../../datahub/allowed_datasets.ts";
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import { hintAt } from "../../../did_you_mean.ts";
import { ServiceError } from "../../../errors.ts";
import { isPossibleText } from "../../../possible_text.ts";
import { withinScope } from "../../connection_scope.ts";
import { candidatesFor, type NameCandidate } from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import { type FindTablesRow, findTablesStatement, type LookUp } from "../sql/find_tables.ts";
import { similarTable } from "./similar_names.ts";
import { inSmallMemory } from "./small_memory.ts";
import type { TableMetadata } from "../table.ts";

/** What a run is asked to tokenize. */
export interface TableRequest {
  readonly dataset: DatasetUrn;
  readonly columns: readonly ColumnRef[];
  /** Datasets whose tables were not plain when they were looked up: kept up to date. */
  readonly intricate: Set<string>;
}

/** The one table that a name means. */
export interface FoundTable extends TableMetadata {
  /** Whether its name is exactly one of those that the dataset's can mean, and no other is. */
  readonly isOnlyMatch: boolean;
}

/** How to look up a table. */
export interface FindOptions {
  /** The platform instance of the dataset's name. Undefined: any or none; empty: none. */
  readonly platformInstance: string | undefined;
  /** Whether to take the lock that stands for a run in one transaction. */
  readonly lock: boolean;
  /** Whether a table may be named in a message, as the one that was probably meant. */
  readonly maySuggest: (table: ResolvedName) => boolean;
}

/** How many datasets are remembered. */
const MAX_INTRICATE = 10_000;

/**
 * Looks the dataset up: names are compared as they are, and only if none matches without regard to case.
 *
 * Throws `wrong_database`, `table_not_found` or `ambiguous_name`.
 */
export async function findTable(
  session: Session,
  { dataset, columns: asked, intricate }: TableRequest,
  { platformInstance, lock, maySuggest }: FindOptions,
): Promise<FoundTable> {
  const candidates = candidatesOf(dataset, platformInstance);
  const by = (how: LookUp) => lookUp(session, candidates, asked, { how, lock });
  const exact = await lookUpExactly(dataset, by, intricate);
  const table = onlyOne(dataset, exact);
  if (table !== undefined) return { ...table, isOnlyMatch: exact.length === 1 };
  const [database, similar] = await by("similar");
  const same = similar.filter((each) => candidates.some((candidate) => isSame(candidate, each)));
  const alike = onlyOne(dataset, same);
  return alike === undefined
    ? await notFound(session, dataset, candidates, database, maySuggest)
    : { ...alike, isOnlyMatch: false };
}

/** Each way to read the dataset's name. */
export function candidatesOf(
  dataset: DatasetUrn,
  platformInstance: string | undefined,
): readonly NameCandidate[] {
  const named = candidatesFor(dataset, "database.schema.table");
  return withinScope(named, { platformInstance, databases: undefined });
}

/**
 * The tables of that very name. Most tables are plain, and looking one up as such takes a fraction of the
 * time, so it is tried first, unless the dataset's table is known not to be.
 */
async function lookUpExactly(
  { urn }: DatasetUrn,
  by: (how: LookUp) => Promise<FindTablesRow>,
  intricate: Set<string>,
): Promise<readonly TableMetadata[]> {
  if (!intricate.has(urn)) {
    const [, tables] = await by("plain");
    if (tables.every(({ isPlain }) => isPlain)) return tables;
    if (intricate.size === MAX_INTRICATE) intricate.clear();
    intricate.add(urn);
  }
  const [, tables] = await by("exact");
  return tables;
}

async function lookUp(
  session: Session,
  candidates: readonly NameCandidate[],
  asked: readonly ColumnRef[],
  { how, lock }: { readonly how: LookUp; readonly lock: boolean },
): Promise<FindTablesRow> {
  const action = "look up the table";
  const parameters = lookUpParameters(candidates, asked, lock);
  const find = () => session.query<FindTablesRow>(action, findTablesStatement(how), parameters);
  const found = how === "plain" ? find() : inSmallMemory(session, action, find);
  const { rows } = await found.catch((error) => {
    throw inNoEncoding(error) ?? error;
  });
  return rows[0]!;
}

/** The parameters of `findTablesStatement`. */
export function lookUpParameters(
  candidates: readonly NameCandidate[],
  asked: readonly ColumnRef[],
  lock: boolean,
): string[] {
  const possible = candidates.filter((candidate) => Object.values(candidate).every(isPossibleText));
  return [
    arrayLiteral(possible.map(({ instance }) => instance)),
    arrayLiteral(possible.map(({ database }) => database)),
    arrayLiteral(possible.map(({ schema }) => schema)),
    arrayLiteral(possible.map(({ table }) => table)),
    arrayLiteral(asked.flatMap(({ names }) => names).filter(isPossibleText)),
    String(lock),
  ];
}

/** Names reach the database as text too: one that its encoding lacks cannot be a name in it. */
function inNoEncoding(error: unknown): ServiceError | undefined {
  if (!(error instanceof ServiceError) || error.code !== "value_not_text") return undefined;
  return new ServiceError(
    "table_not_found",
    "Cannot look up the table: a name has characters that the database's encoding lacks",
    error.facts,
  );
}

/** The one table found; undefined if there is none. Throws `ambiguous_name` if there are several. */
function onlyOne(
  dataset: DatasetUrn,
  found: readonly TableMetadata[],
): TableMetadata | undefined {
  // candidates that differ in the platform instance alone may find the same table
  const tables = [...new Map(found.map((table) => [table.oid, table])).values()];
  if (tables.length <= 1) return tables[0];
  const names = tables.map(({ schema, name }) => `"${schema}"."${name}"`).sort().join(", ");
  throw new ServiceError(
    "ambiguous_name",
    `Cannot find the table: the name "${dataset.name}" can mean ${names}`,
  );
}

function isSame(candidate: NameCandidate, table: TableMetadata): boolean {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  return candidate.instance === table.platformInstance &&
    same(candidate.database, table.database) &&
    same(candidate.schema, table.schema) && same(candidate.table, table.name);
}

async function notFound(
  session: Session,
  dataset: DatasetUrn,
  candidates: readonly NameCandidate[],
  connected: string,
  maySuggest: FindOptions["maySuggest"],
): Promise<never> {
  const same = (name: string) => name.toLowerCase() === connected.toLowerCase();
  const here = candidates.filter(({ database }) => same(database));
  if (here.length > 0) {
    const possible = here.filter((candidate) => Object.values(candidate).every(isPossibleText));
    const hint = hintAt(await similarTable(session, connected, possible, maySuggest));
    throw new ServiceError(
      "table_not_found",
      `Cannot find the table: database "${connected}" has no "${dataset.name}", or the role may not see it${hint}`,
    );
  }
  throw new ServiceError(
    "wrong_database",
    `Cannot find the table: "${dataset.name}" is not in database "${connected}", the one connected to`,
  );
}
