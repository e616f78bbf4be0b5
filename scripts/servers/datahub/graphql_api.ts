/** GraphQL of the stand-in, without a schema: a document is known by the field that it asks for. */
import type { Metadata } from "./metadata.ts";
import { scrollAcrossEntities, type ScrollVariables } from "./search_api.ts";

/** Gives what a field has, from the document's variables. */
type Resolver = (metadata: Metadata, variables: Record<string, unknown>) => unknown;

const RESOLVERS: Readonly<Record<string, Resolver>> = {
  scrollAcrossEntities: (metadata, variables) =>
    scrollAcrossEntities(metadata, variables as unknown as ScrollVariables),
  entity: ({ downstream }, { urn }) => {
    const next = downstream.get(String(urn)) ?? [];
    const relationships = next.map((each) => ({ entity: { urn: each } }));
    return { urn, lineage: { total: next.length, relationships } };
  },
};

/** Responds to `POST /api/graphql`. */
export function respondToGraphql(metadata: Metadata, body: string): Response {
  const { query, variables = {} } = JSON.parse(body);
  const field = Object.keys(RESOLVERS).find((name) => query.includes(`${name}(`));
  if (field === undefined) {
    const errors = [{ message: "canary: unknown field", extensions: { code: 400 } }];
    return Response.json({ data: null, errors });
  }
  return Response.json({ data: { [field]: RESOLVERS[field]!(metadata, variables) } });
}
