/**
 * Finds datasets by the tags and terms on their columns, in DataHub's search index. The index lags behind:
 * what it names has to be read again, and what it misses it will name later.
 */
import { z } from "zod";
import { splitUrnParts } from "../dataset_urn.ts";
import type { Gms } from "./gms.ts";
import { parsed } from "./parsed.ts";

/** The labels to search for. */
export interface SearchedLabels {
  /** URNs of tags. */
  readonly tags: readonly string[];
  /** URNs of glossary terms. */
  readonly terms: readonly string[];
}

/** How many results come with one response. */
const PAGE_SIZE = 500;

const SCROLL =
  `query scroll($types: [EntityType!], $count: Int!, $scrollId: String, $orFilters: [AndFilterInput!]) {
  scrollAcrossEntities(input: {
    types: $types, query: "*", count: $count, scrollId: $scrollId, orFilters: $orFilters,
    searchFlags: { skipHighlighting: true, skipAggregates: true, skipCache: true }
  }) { nextScrollId searchResults { entity { urn } } }
}`;

const pageSchema = z.object({
  scrollAcrossEntities: z.object({
    nextScrollId: z.string().nullish(),
    searchResults: z.array(z.object({ entity: z.object({ urn: z.string() }) })),
  }),
});

const DATASET = "urn:li:dataset:";
const SCHEMA_FIELD = "urn:li:schemaField:(";

/**
 * The URNs of datasets with those labels on a column, ingested, edited or on the column's own entity, or
 * on the dataset itself; some may come twice. Throws `GmsError`.
 */
export async function* findTaggedDatasets(
  gms: Gms,
  { tags, terms }: SearchedLabels,
  signal?: AbortSignal,
): AsyncGenerator<string, void> {
  const onColumns = [
    ...filters(["fieldTags", "editedFieldTags", "tags"], tags),
    ...filters(["fieldGlossaryTerms", "editedFieldGlossaryTerms", "glossaryTerms"], terms),
  ];
  const onEntities = [...filters(["tags"], tags), ...filters(["glossaryTerms"], terms)];
  for await (const urn of scroll(gms, "DATASET", onColumns, signal)) {
    if (urn.startsWith(DATASET)) yield urn;
  }
  for await (const urn of scroll(gms, "SCHEMA_FIELD", onEntities, signal)) {
    const dataset = datasetOf(urn);
    if (dataset !== undefined) yield dataset;
  }
}

/** The dataset of a column's URN; undefined for a URN of another kind. */
export function datasetOf(schemaFieldUrn: string): string | undefined {
  if (!schemaFieldUrn.startsWith(SCHEMA_FIELD)) return undefined;
  try {
    const [dataset] = splitUrnParts(schemaFieldUrn, SCHEMA_FIELD, "schemaField URN");
    return dataset?.startsWith(DATASET) ? dataset : undefined;
  } catch {
    return undefined; // malformed: nobody could act on it
  }
}

/** A search filter: one of the lists has to match as a whole. */
export type OrFilters = readonly {
  readonly and: readonly {
    readonly field: string;
    readonly condition: string;
    readonly values: readonly string[];
  }[];
}[];

/** One filter a field, of which one has to match. */
function filters(fields: readonly string[], values: readonly string[]): OrFilters {
  if (values.length === 0) return [];
  return fields.map((field) => ({ and: [{ field, condition: "EQUAL", values }] }));
}

/** The URNs of all entities of a type that match; none without a filter. Throws `GmsError`. */
export async function* scroll(
  gms: Gms,
  type: "DATASET" | "SCHEMA_FIELD" | "GLOSSARY_TERM" | "GLOSSARY_NODE",
  orFilters: OrFilters,
  signal?: AbortSignal,
): AsyncGenerator<string, void> {
  if (orFilters.length === 0) return;
  let scrollId: string | undefined;
  do {
    const page = await readPage(
      gms,
      { types: [type], count: PAGE_SIZE, scrollId, orFilters },
      signal,
    );
    for (const { entity: { urn } } of page.searchResults) if (urn.isWellFormed()) yield urn;
    scrollId = page.searchResults.length === 0 ? undefined : page.nextScrollId ?? undefined;
  } while (scrollId !== undefined);
}

async function readPage(
  gms: Gms,
  variables: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
) {
  return parsed(pageSchema, await gms.graphql(SCROLL, variables, signal)).scrollAcrossEntities;
}
