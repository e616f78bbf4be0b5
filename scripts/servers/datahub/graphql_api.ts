/** GraphQL of the stand-in: documents are checked against DataHub's schema, of an older or a newer server. */
import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type ValidationRule,
} from "graphql";
import { failure } from "./failure.ts";
import { labelMutations } from "./label_mutations.ts";
import type { Metadata } from "./metadata.ts";
import { reportMutations } from "./report_mutations.ts";
import { scrollAcrossEntities, type ScrollVariables } from "./search_api.ts";

/** Which schema the stand-in has. */
export const SCHEMAS = ["older", "newer"] as const;
/** Which schema the stand-in has. */
export type SchemaAge = (typeof SCHEMAS)[number];

/** Which GraphQL the stand-in has. */
export interface GraphqlOptions {
  /** By default that of a newer server. */
  readonly age?: SchemaAge;
  /** Names of mutations that the schema has, and this server does not. */
  readonly without?: readonly string[];
  /** Whether nobody may ask for the schema. */
  readonly hidesSchema?: boolean;
}

/** DataHub's schema. */
export async function readSchema(
  age: SchemaAge,
  without: readonly string[] = [],
): Promise<GraphQLSchema> {
  const url = new URL(`schema/${age}.graphql`, import.meta.url);
  const lines = (await Deno.readTextFile(url)).split("\n");
  const isLeftOut = (line: string) => without.some((name) => line.startsWith(`  ${name}(`));
  return buildSchema(lines.filter((line) => !isLeftOut(line)).join("\n"));
}

/** A document, or what does not fit the schema. */
type Checked = { readonly document: DocumentNode; readonly errors: readonly GraphQLError[] };

/** GraphQL over the metadata. */
export class GraphqlApi {
  readonly #schema: Promise<GraphQLSchema>;
  readonly #rules: readonly ValidationRule[] | undefined;
  readonly #rootValue: unknown;
  /** By their texts: a program has few documents, and sends each many times. */
  readonly #checked = new Map<string, Checked>();

  constructor(
    metadata: Metadata,
    { age = "newer", without, hidesSchema = false }: GraphqlOptions = {},
  ) {
    this.#schema = readSchema(age, without);
    this.#rules = hidesSchema ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : undefined;
    this.#rootValue = {
      ...queries(metadata),
      ...labelMutations(metadata),
      ...reportMutations(metadata),
    };
  }

  /** Resolves when it has read its schema. */
  async ready(): Promise<void> {
    await this.#schema;
  }

  /** Responds to `POST /api/graphql`. */
  async respond(body: string): Promise<Response> {
    const { query, variables: variableValues = {} } = JSON.parse(body);
    const schema = await this.#schema;
    const { document, errors } = this.#check(schema, query);
    if (errors.length > 0) return Response.json({ data: null, errors: errors.map(shown) });
    const result = await execute({ schema, document, variableValues, rootValue: this.#rootValue });
    const failures = result.errors && { errors: result.errors.map(shown) };
    return Response.json({ data: result.data ?? null, ...failures });
  }

  #check(schema: GraphQLSchema, text: string): Checked {
    const known = this.#checked.get(text);
    if (known !== undefined) return known;
    const document = parse(text);
    const checked = { document, errors: validate(schema, document, this.#rules) };
    this.#checked.set(text, checked);
    return checked;
  }
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

function incidentsOn(metadata: Metadata, datasetUrn: string, state?: string) {
  const incidents = (metadata.incidents.get(datasetUrn) ?? []).flatMap((urn) => {
    const info = metadata.entities.get(urn)!.incidentInfo as {
      readonly type: string;
      readonly status: { readonly state: string };
    };
    if (state !== undefined && info.status.state !== state) return [];
    return [{ urn, incidentType: info.type, ...info }];
  });
  return { start: 0, count: incidents.length, total: incidents.length, incidents };
}
