/** The tag by which somebody approves a column: DataHub, where it is put, stays the only place that says so. */
import type { Gms } from "../gms/gms.ts";
import { readDataset } from "../gms/read_dataset.ts";
import { addTag } from "./column_tags.ts";
import { readOffer } from "./offer.ts";
import { namedFields, schemaFields } from "./subject.ts";

const DESCRIPTION = "Somebody approved that the values of the column are replaced by tokens.";

/**
 * Puts the tag on those columns of a dataset, as DataHub's schema has them now, unless they have it. Throws
 * `GmsError`.
 */
export async function addApprovalTag(
  gms: Gms,
  datasetUrn: string,
  columns: readonly string[],
  tag: string,
): Promise<void> {
  const [dataset, offer] = await Promise.all([readDataset(gms, datasetUrn), readOffer(gms)]);
  const fields = namedFields({ datasetUrn, columns, fields: schemaFields(dataset) });
  const paths = fields.filter(({ tags }) => !tags.has(tag)).map(({ path }) => path);
  await addTag({ gms, offer }, { datasetUrn, paths, tag, description: DESCRIPTION });
}
