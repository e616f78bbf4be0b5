/** Copies of old values in datasets downstream, as a place of a report's residue. */
import type { ResiduePlace } from "../../platforms/residue.ts";
import { type Downstream, findDownstream } from "../gms/downstream.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import { readDataset } from "../gms/read_dataset.ts";
import { type LabelRules, taggedColumns } from "./tagged_columns.ts";

/** A dataset downstream that may hold copies. */
export interface Copy {
  readonly datasetUrn: string;
  /** Empty if only the dataset as a whole is known. */
  readonly columns: readonly string[];
  /** Whether a column of it is tagged, too, so that it is dealt with; undefined if that is not known. */
  readonly isTagged: boolean | undefined;
}

/** Which datasets may hold copies. */
export interface Copies {
  readonly datasets: readonly Copy[];
  /** Whether there may be more. */
  readonly isPartial: boolean;
}

/** How many datasets are read to find out whether they are tagged. */
const MAX_READ = 20;
/** How many names the detail of the place has. */
const MAX_NAMES = 10;

/** Finds them; undefined if DataHub cannot be asked, since that must not fail a run that is done. */
export async function findCopies(
  gms: Gms,
  datasetUrn: string,
  columns: readonly string[],
  rules: LabelRules,
): Promise<Copies | undefined> {
  try {
    const downstream = await findDownstream(gms, datasetUrn, columns);
    return await withTags(gms, downstream, rules);
  } catch (error) {
    if (error instanceof GmsError) return undefined;
    throw error;
  }
}

async function withTags(
  gms: Gms,
  { datasets, isPartial }: Downstream,
  rules: LabelRules,
): Promise<Copies> {
  const copies: Copy[] = [];
  for (const [i, { urn: datasetUrn, columns }] of datasets.entries()) {
    const dataset = i < MAX_READ ? await readDataset(gms, datasetUrn) : undefined;
    const isTagged = dataset && taggedColumns(dataset, [], rules).tagged.length > 0;
    copies.push({ datasetUrn, columns, isTagged });
  }
  return { datasets: copies, isPartial };
}

/** The place in the residue: what is downstream is named, and not checked. */
export function copiesPlace(copies: Copies | undefined): ResiduePlace {
  const place = "downstream";
  if (copies === undefined) {
    return { place, state: "not_checked", detail: "DataHub's lineage could not be read" };
  }
  const { datasets, isPartial } = copies;
  if (datasets.length === 0) {
    return { place, state: "not_checked", detail: "DataHub's lineage names no dataset" };
  }
  const names = datasets.slice(0, MAX_NAMES)
    .map(({ datasetUrn, isTagged }) => isTagged ? `${datasetUrn} (tagged, too)` : datasetUrn);
  const more = datasets.length - names.length;
  const rest = more > 0 ? ` and ${more} more` : isPartial ? " and possibly more" : "";
  return { place, state: "not_checked", detail: `derived from it: ${names.join(", ")}${rest}` };
}
