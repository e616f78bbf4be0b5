/**
 * What a dataset's name may mean: `database.schema.table`, perhaps after a platform instance. DataHub
 * does not escape dots within identifiers, so each way to split the name at dots is a candidate; the
 * catalogue decides.
 */
import { type DatasetUrn, spellings } from "../datahub/dataset_urn.ts";
import { ServiceError } from "../errors.ts";

/** One way to split the name. */
export interface NameCandidate {
  /** The platform instance; empty if there is none. */
  readonly instance: string;
  /** The database; on Databricks the catalog. */
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/** More parts than any real name has; the number of candidates grows with their cube. */
const MAX_PARTS = 24;

/**
 * Every candidate of the name, as written and as decoded. Throws `invalid_urn` if there is none, since
 * the name is not of the `form` that the platform requires.
 */
export function candidatesFor(
  dataset: DatasetUrn,
  form: string,
  split: (name: string) => NameCandidate[] = splitName,
): NameCandidate[] {
  const candidates = possibleNames(dataset, split);
  if (candidates.length === 0) {
    throw new ServiceError(
      "invalid_urn",
      `Cannot find the table: the dataset's name "${dataset.name}" is not ${form}`,
    );
  }
  return candidates;
}

/** Every candidate of the name; none, if it has not the form that the platform requires. */
export function possibleNames(
  dataset: DatasetUrn,
  split: (name: string) => NameCandidate[] = splitName,
): NameCandidate[] {
  return spellings(dataset.name).flatMap(split);
}

/** The complete candidates of one spelling: a database, a schema and a table, each at least one part. */
export function splitName(name: string): NameCandidate[] {
  const parts = name.split(".");
  if (parts.length > MAX_PARTS) return [];
  const candidates: NameCandidate[] = [];
  const join = (from: number, to: number) => parts.slice(from, to).join(".");
  const end = parts.length;
  for (let database = 0; database < end - 2; database++) {
    for (let schema = database + 1; schema < end - 1; schema++) {
      for (let table = schema + 1; table < end; table++) {
        const candidate = {
          instance: join(0, database),
          database: join(database, schema),
          schema: join(schema, table),
          table: join(table, end),
        };
        if (candidate.database !== "" && candidate.schema !== "" && candidate.table !== "") {
          candidates.push(candidate);
        }
      }
    }
  }
  return candidates;
}
