/**
 * Datasets that hold what was derived from columns, as far as DataHub's lineage knows: copies of old values
 * stay there. Column lineage comes first; lineage of the dataset as a whole names those without it.
 */
import { z } from "zod";
import { encodePart, splitUrnParts } from "../dataset_urn.ts";
import type { Gms } from "./gms.ts";
import { parsed } from "./parsed.ts";

/** A dataset downstream. */
export interface DownstreamDataset {
  readonly urn: string;
  /** Paths of the columns that were derived; empty if only the dataset as a whole is known. */
  readonly columns: readonly string[];
}

/** What lineage knows. */
export interface Downstream {
  readonly datasets: readonly DownstreamDataset[];
  /** Whether there may be more: the walk was cut short. */
  readonly isPartial: boolean;
}

/** How many entities are asked about for one dataset. */
const MAX_QUESTIONS = 50;
/** The most relationships of one entity. */
const PAGE_SIZE = 1000;

const DATASET = "urn:li:dataset:";
const SCHEMA_FIELD = "urn:li:schemaField:(";

const LINEAGE = `query downstream($urn: String!, $input: LineageInput!) {
  entity(urn: $urn) {
    urn
    ... on SchemaFieldEntity { lineage(input: $input) { total relationships { entity { urn } } } }
    ... on Dataset { lineage(input: $input) { total relationships { entity { urn } } } }
  }
}`;

const lineageSchema = z.object({
  entity: z.object({
    lineage: z.object({
      total: z.number().nullish(),
      relationships: z.array(z.object({ entity: z.object({ urn: z.string() }).nullish() })),
    }).nullish(),
  }).nullish(),
});

/** Walks downstream from columns of a dataset, over any number of steps. Throws `GmsError`. */
export async function findDownstream(
  gms: Gms,
  datasetUrn: string,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<Downstream> {
  const asked = new Set<string>();
  const found = new Map<string, Set<string>>();
  const fields = columns.map((name) => `${SCHEMA_FIELD}${datasetUrn},${encodePart(name)})`);
  const due = [...fields, datasetUrn];
  let isPartial = false;
  for (let urn = due.shift(); urn !== undefined; urn = due.shift()) {
    if (asked.has(urn)) continue;
    if (asked.size === MAX_QUESTIONS) return { datasets: listed(found), isPartial: true };
    asked.add(urn);
    const next = await readNext(gms, urn, signal);
    isPartial ||= next.isPartial;
    for (const each of next.urns) {
      const place = placeOf(each);
      if (place === undefined || place.dataset === datasetUrn) continue;
      const known = found.get(place.dataset) ?? new Set();
      found.set(place.dataset, known);
      if (place.column !== undefined) known.add(place.column);
      due.push(each);
    }
  }
  return { datasets: listed(found), isPartial };
}

async function readNext(gms: Gms, urn: string, signal?: AbortSignal) {
  const input = {
    direction: "DOWNSTREAM",
    start: 0,
    count: PAGE_SIZE,
    separateSiblings: true,
    includeGhostEntities: true,
  };
  const { entity } = parsed(lineageSchema, await gms.graphql(LINEAGE, { urn, input }, signal));
  const { total, relationships = [] } = entity?.lineage ?? {};
  const urns = relationships.flatMap((each) => each.entity ? [each.entity.urn] : []);
  return { urns, isPartial: (total ?? 0) > relationships.length };
}

/** The dataset of a URN, and the column if it is one's; undefined for a dashboard and the like. */
function placeOf(urn: string): { readonly dataset: string; readonly column?: string } | undefined {
  if (urn.startsWith(DATASET)) return { dataset: urn };
  if (!urn.startsWith(SCHEMA_FIELD)) return undefined;
  try {
    const [dataset, column] = splitUrnParts(urn, SCHEMA_FIELD, "schemaField URN");
    return dataset?.startsWith(DATASET) && column !== undefined ? { dataset, column } : undefined;
  } catch {
    return undefined; // malformed
  }
}

function listed(found: ReadonlyMap<string, ReadonlySet<string>>): DownstreamDataset[] {
  return [...found].map(([urn, columns]) => ({ urn, columns: [...columns].sort() }));
}
