/** Columns as DataHub's schema of a dataset has them. */
import type { Gms } from "../gms/gms.ts";
import { type DatahubDataset, readDataset } from "../gms/read_dataset.ts";
import { toV1 } from "../schema_field.ts";
import type { Subject } from "./reporter.ts";

/** A dataset, and the exact paths of some of its columns. */
export interface ColumnPaths {
  readonly dataset: DatahubDataset;
  readonly paths: readonly string[];
}

/** The paths of the subject's columns; a column that the schema does not have has none. Throws `GmsError`. */
export async function columnPaths(
  gms: Gms,
  { datasetUrn, columns }: Subject,
): Promise<ColumnPaths> {
  const dataset = await readDataset(gms, datasetUrn);
  const paths = (dataset.columns ?? []).filter((path) => columns.includes(toV1(path)));
  return { dataset, paths };
}
