/**
 * What a dataset's name may mean: `database.schema.table`, with a platform instance before it where
 * there is one. DataHub does not escape dots within identifiers, so each split at dots is a reading;
 * the catalogue decides.
 */
import { type DatasetUrn, spellings } from "../datahub/dataset_urn.ts";
import { ServiceError } from "../errors.ts";

/** One way to split the name. */
export interface NameReading {
  readonly instance: string;
  /** The database; on Databricks the catalog. */
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/** More dots than any real name has; the readings grow with their cube. */
const MAX_PARTS = 24;

/**
 * Every reading of the name, as written and as decoded. Throws `invalid_urn` where there is none:
 * it is not of the `form` the platform asks for.
 */
export function readingsOf(
  dataset: DatasetUrn,
  form: string,
  split: (name: string) => NameReading[] = splits,
): NameReading[] {
  const readings = spellings(dataset.name).flatMap(split);
  if (readings.length === 0) {
    throw new ServiceError(
      "invalid_urn",
      `Cannot find the table: the dataset's name "${dataset.name}" is not ${form}`,
    );
  }
  return readings;
}

/** The complete readings of one spelling: the three parts, and what may stand before them. */
export function splits(name: string): NameReading[] {
  const parts = name.split(".");
  if (parts.length > MAX_PARTS) return [];
  const readings: NameReading[] = [];
  const join = (from: number, to: number) => parts.slice(from, to).join(".");
  const end = parts.length;
  for (let database = 0; database < end - 2; database++) {
    for (let schema = database + 1; schema < end - 1; schema++) {
      for (let table = schema + 1; table < end; table++) {
        const reading = {
          instance: join(0, database),
          database: join(database, schema),
          schema: join(schema, table),
          table: join(table, end),
        };
        if (reading.database !== "" && reading.schema !== "" && reading.table !== "") {
          readings.push(reading);
        }
      }
    }
  }
  return readings;
}
