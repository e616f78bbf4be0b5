/** GraphQL of the stand-in: documents are checked against DataHub's schema, of an older or a newer server. */
import { buildSchema, graphql, type GraphQLError, type GraphQLSchema } from "graphql";
import { failure } from "./failure.ts";
import { labelMutations } from "./label_mutations.ts";
import type { Metadata } from "./metadata.ts";
import { reportMutations } from "./report_mutations.ts";
import { scrollAcrossEntities, type ScrollVariables } from "./search_api.ts";

/** Which schema the stand-in has. */
export const SCHEMAS = ["older", "newer"] as const;
/** Which schema the stand-in has. */
export type SchemaAge = (typeof SCHEMAS)[number];

/** DataHub's schema. */
export async function readSchema(age: SchemaAge): Promise<GraphQLSchema> {
  const url = new URL(`schema/${age}.graphql`, import.meta.url);
  return buildSchema(await Deno.readTextFile(url));
}

/** Responds to `POST /api/graphql`. */
export async function respondToGraphql(
  metadata: Metadata,
  schema: GraphQLSchema,
  body: string,
): Promise<Response> {
  const { query, variables = {} } = JSON.parse(body);
  const rootValue = {
    ...queries(metadata),
    ...labelMutations(metadata),
    ...reportMutations(metadata),
  };
  const { data, errors } = await graphql({
    schema,
    source: query,
    variableValues: variables,
    rootValue,
  });
  return Response.json({ data: data ?? null, ...(errors && { errors: errors.map(shown) }) });
}

function shown({ message, extensions }: GraphQLError) {
  return { message, extensions };
}

const TYPES: Readonly<Record<string, string>> = {
  dashboard: "Dashboard",
  dataset: "Dataset",
  schemaField: "SchemaFieldEntity",
  tag: "Tag",
  glossaryTerm: "GlossaryTerm",
  glossaryNode: "GlossaryTerm",
};

/** An entity, with the type that an interface needs. */
function entityOf(urn: string) {
  return { urn, __typename: TYPES[urn.split(":")[2]!] };
}

function queries(metadata: Metadata) {
  const { downstream, entities } = metadata;
  return {
    scrollAcrossEntities({ input }: { input: ScrollVariables }) {
      const { nextScrollId, searchResults } = scrollAcrossEntities(metadata, input);
      const found = searchResults.map(({ entity: { urn } }) => ({
        entity: entityOf(urn),
        matchedFields: [],
      }));
      return { nextScrollId, count: found.length, total: found.length, searchResults: found };
    },
    entity({ urn }: { urn: string }) {
      const next = downstream.get(urn) ?? [];
      const relationships = next.map((each) => ({
        type: "DownstreamOf",
        degree: 1,
        entity: entityOf(each),
      }));
      return { ...entityOf(urn), lineage: { total: next.length, relationships } };
    },
    entityExists: ({ urn }: { urn: string }) => entities.has(urn),
    dataset: ({ urn }: { urn: string }) => ({
      ...entityOf(urn),
      incidents: ({ state }: { state?: string }) => incidentsOn(metadata, urn, state),
    }),
    me: () => ({ corpUser: { urn: "urn:li:corpuser:tokenize" } }),
    getGrantedPrivileges() {
      if (metadata.hidesPrivileges) throw failure(403);
      return { privileges: [...metadata.privileges] };
    },
  };
}

function incidentsOn({ entities }: Metadata, datasetUrn: string, state?: string) {
  const incidents = [...entities].flatMap(([urn, { incidentInfo }]) => {
    const info = incidentInfo as undefined | {
      readonly entities: readonly string[];
      readonly type: string;
      readonly status: { readonly state: string };
    };
    if (info === undefined || !info.entities.includes(datasetUrn)) return [];
    if (state !== undefined && info.status.state !== state) return [];
    return [{ urn, incidentType: info.type, ...info }];
  });
  return { start: 0, count: incidents.length, total: incidents.length, incidents };
}
