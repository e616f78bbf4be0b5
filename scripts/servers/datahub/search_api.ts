/** The search of the stand-in: `scrollAcrossEntities`, over an index that is never behind. */
import type { Aspect, Metadata } from "./metadata.ts";

/** The variables of the query. */
export interface ScrollVariables {
  readonly types: readonly string[];
  readonly count: number;
  readonly scrollId?: string | null;
  readonly orFilters?: readonly {
    readonly and: readonly { readonly field: string; readonly values: readonly string[] }[];
  }[];
}

const PREFIXES: Readonly<Record<string, string>> = {
  DATASET: "urn:li:dataset:",
  SCHEMA_FIELD: "urn:li:schemaField:",
  GLOSSARY_TERM: "urn:li:glossaryTerm:",
  GLOSSARY_NODE: "urn:li:glossaryNode:",
};

/** One page of results, in the order of URNs. Removed entities are left out, as by default. */
export function scrollAcrossEntities(metadata: Metadata, variables: ScrollVariables) {
  const { types, count, scrollId, orFilters = [] } = variables;
  const prefixes = types.map((type) => PREFIXES[type] ?? "unknown");
  const matches = (aspects: Record<string, Aspect>) =>
    orFilters.some(({ and }) =>
      and.every(({ field, values }) =>
        valuesOf(field, aspects).some((value) => values.includes(value))
      )
    );
  const found = [...metadata.entities].filter(([urn, aspects]) =>
    prefixes.some((prefix) => urn.startsWith(prefix)) && aspects.status?.removed !== true &&
    matches(aspects)
  ).map(([urn]) => urn).sort();
  const start = Number(scrollId ?? 0);
  const page = found.slice(start, start + count);
  const end = start + page.length;
  return {
    nextScrollId: end < found.length ? String(end) : null,
    searchResults: page.map((urn) => ({ entity: { urn } })),
  };
}

interface Labelled {
  readonly globalTags?: { readonly tags?: readonly { readonly tag: string }[] };
  readonly glossaryTerms?: { readonly terms?: readonly { readonly urn: string }[] };
}

/** The values of a search field. */
function valuesOf(field: string, aspects: Record<string, Aspect>): string[] {
  const ingested = (aspects.schemaMetadata?.fields ?? []) as Labelled[];
  const edited = (aspects.editableSchemaMetadata?.editableSchemaFieldInfo ?? []) as Labelled[];
  switch (field) {
    case "fieldTags":
      return ingested.flatMap(tagsOf);
    case "editedFieldTags":
      return edited.flatMap(tagsOf);
    case "fieldGlossaryTerms":
      return ingested.flatMap(termsOf);
    case "editedFieldGlossaryTerms":
      return edited.flatMap(termsOf);
    case "tags":
      return tagsOf(aspects);
    case "glossaryTerms":
      return termsOf(aspects);
    case "parentNode":
      return Object.values(aspects).flatMap(({ parentNode }) =>
        parentNode ? [`${parentNode}`] : []
      );
    default:
      return [];
  }
}

function tagsOf({ globalTags }: Labelled): string[] {
  return (globalTags?.tags ?? []).map(({ tag }) => tag);
}

function termsOf({ glossaryTerms }: Labelled): string[] {
  return (glossaryTerms?.terms ?? []).map(({ urn }) => urn);
}
