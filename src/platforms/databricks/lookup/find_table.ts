/** From a dataset's name to the one table it means. */
import type { ResolvedName } from "../../../datahub/allowed_datasets.ts";
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import { hintAt } from "../../../did_you_mean.ts";
import { ServiceError } from "../../../errors.ts";
import {
  candidatesFor,
  type NameCandidate,
  possibleNames,
  splitName,
} from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import type { DatabricksSettings } from "../connection/settings.ts";
import { type DescribeRow, describeTableStatement } from "../sql/describe_table.ts";
import { similarTable } from "./similar_table.ts";
import { readDescription, type TableDescription } from "./table_description.ts";

/** Each candidate costs a statement, and their number grows with the cube of a name's dots. */
const MAX_PARTS = 7;

/** A table that exists, named as the catalogue names it. */
export interface FoundTable {
  /** The platform instance in the dataset's name; empty if there is none. */
  readonly instance: string;
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  readonly description: TableDescription;
}

/**
 * What the dataset's name may mean. It is worked out before a session is opened: a name that cannot
 * mean anything need not start a warehouse. Throws `invalid_urn`.
 */
export function readName(
  dataset: DatasetUrn,
  { catalog, schema }: Pick<DatabricksSettings, "catalog" | "schema">,
): NameCandidate[] {
  const form = catalog === undefined
    ? "catalog.schema.table (and DBX_JDBC_URL has no ConnCatalog for names without one)"
    : "catalog.schema.table";
  return candidatesFor(dataset, form, (name) => candidatesOn(name, catalog, schema));
}

/** What the dataset's name may mean; nothing, if it has not the form of a name. */
export function namesOn(
  dataset: DatasetUrn,
  { catalog, schema }: Pick<DatabricksSettings, "catalog" | "schema">,
): NameCandidate[] {
  return possibleNames(dataset, (name) => candidatesOn(name, catalog, schema));
}

/**
 * Looks the dataset up. Unity Catalog and the Hive metastore ignore the case of names. Only tables that
 * `maySuggest` allows are named as the one that was probably meant.
 *
 * Throws `table_not_found` or `ambiguous_name`.
 */
export async function findTable(
  session: Session,
  dataset: DatasetUrn,
  candidates: readonly NameCandidate[],
  maySuggest: (table: ResolvedName) => boolean,
): Promise<FoundTable> {
  const results = await Promise.all(candidates.map((candidate) => lookUp(session, candidate)));
  const found = new Map(
    results.filter((table) => table !== undefined).map((table) => [identity(table), table]),
  );
  if (found.size > 1) throw ambiguous(dataset, [...found.values()]);
  const [table] = found.values();
  if (table !== undefined) return table;
  const hint = hintAt(await similarTable(session, candidates, maySuggest));
  throw new ServiceError(
    "table_not_found",
    `Cannot find the table: the warehouse shows none that "${dataset.name}" names, or none that ` +
      `this principal may see${hint}`,
  );
}

/** The candidates of one spelling. A missing schema or catalog is that of the JDBC URL. */
function candidatesOn(
  name: string,
  catalog: string | undefined,
  schema: string | undefined,
): NameCandidate[] {
  const parts = name.split(".");
  if (parts.length > MAX_PARTS) return [];
  if (parts.length > 2) return splitName(name);
  const candidates: NameCandidate[] = [];
  const [first = "", second = ""] = parts;
  if (catalog !== undefined && parts.length === 2 && first !== "" && second !== "") {
    candidates.push({ instance: "", database: catalog, schema: first, table: second });
  }
  if (catalog !== undefined && schema !== undefined && name !== "") {
    candidates.push({ instance: "", database: catalog, schema, table: name });
  }
  return candidates;
}

async function lookUp(
  session: Session,
  { instance, database, schema: inSchema, table }: NameCandidate,
): Promise<FoundTable | undefined> {
  const parts = [database, inSchema, table] as const;
  try {
    const rows = await session.query<DescribeRow>(
      "look up the table",
      describeTableStatement(parts),
    );
    const description = readDescription(rows);
    const [catalog, schema, name] = shownName(description, parts);
    return { instance, catalog, schema, name, description };
  } catch (error) {
    if (error instanceof ServiceError && isNameNotFound(error)) return undefined;
    throw error;
  }
}

/** The name as the warehouse writes it, or as asked for if that cannot be told: Spark joins the parts. */
function shownName(
  { details }: TableDescription,
  asked: readonly [string, string, string],
): [string, string, string] {
  const [catalog, schema, name] = asked;
  const parts = [details.get("catalog"), details.get("database"), details.get("table")];
  if (parts.every((part) => part !== undefined)) return parts as [string, string, string];
  const joined = details.get("name") ?? "";
  if (joined.toLowerCase() !== asked.join(".").toLowerCase()) return [catalog, schema, name];
  return [
    joined.slice(0, catalog.length),
    joined.slice(catalog.length + 1, catalog.length + 1 + schema.length),
    joined.slice(catalog.length + schema.length + 2),
  ];
}

/** Candidates that cannot be names at all give syntax errors and the like (SQLSTATE class 42). */
function isNameNotFound({ code, facts }: ServiceError): boolean {
  return code === "table_not_found" ||
    (code === "database_error" && facts.sqlState?.startsWith("42") === true);
}

function identity({ instance, catalog, schema, name }: FoundTable): string {
  return JSON.stringify([
    instance,
    catalog.toLowerCase(),
    schema.toLowerCase(),
    name.toLowerCase(),
  ]);
}

function ambiguous(dataset: DatasetUrn, tables: readonly FoundTable[]): ServiceError {
  const names = tables.map(({ catalog, schema, name }) => `"${catalog}"."${schema}"."${name}"`);
  return new ServiceError(
    "ambiguous_name",
    `Cannot find the table: the name "${dataset.name}" can mean ${names.join(", ")}`,
  );
}
