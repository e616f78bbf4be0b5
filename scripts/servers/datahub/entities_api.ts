/** The entities of the stand-in: `/openapi/v3/entity/…`, aspects read and written. */
import type { Aspect, Metadata } from "./metadata.ts";

type Entity = { readonly urn: string } & Readonly<Record<string, unknown>>;

const PATH = /^\/openapi\/v3\/entity\/(\w+)(?:\/(.+))?$/;

/** Responds to a request below `/openapi/v3/entity`; 404 if the path is another one. */
export function respondForEntities(
  metadata: Metadata,
  method: string,
  { pathname, searchParams }: URL,
  body: string,
): Response {
  const [, entity, rest] = PATH.exec(pathname) ?? [];
  if (entity === undefined) return new Response(null, { status: 404 });
  if (method === "POST" && rest === "batchGet") return batchGet(metadata, JSON.parse(body));
  if (method === "POST" && rest === undefined) return putEntities(metadata, JSON.parse(body));
  if (method !== "GET" || rest === undefined) return new Response(null, { status: 405 });
  return getEntity(metadata, decodeURIComponent(rest), searchParams.getAll("aspects"));
}

/** One entity with the aspects that were asked for; 404 if DataHub does not know it. */
function getEntity(metadata: Metadata, urn: string, aspects: readonly string[]): Response {
  const found = metadata.entities.get(urn);
  if (found === undefined) return new Response(null, { status: 404 });
  return Response.json(shown(urn, found, aspects));
}

/** Several entities; those that DataHub does not know are left out. */
function batchGet(metadata: Metadata, wanted: readonly Entity[]): Response {
  const found = wanted.flatMap(({ urn, ...aspects }) => {
    const entity = metadata.entities.get(urn);
    return entity === undefined ? [] : [shown(urn, entity, Object.keys(aspects))];
  });
  return Response.json(found);
}

function putEntities(metadata: Metadata, entities: readonly Entity[]): Response {
  for (const { urn, ...aspects } of entities) {
    for (const [name, aspect] of Object.entries(aspects)) {
      metadata.entityOf(urn)[name] = (aspect as { value: Aspect }).value;
    }
  }
  return Response.json(entities);
}

function shown(urn: string, entity: Record<string, Aspect>, aspects: readonly string[]) {
  const chosen = aspects.filter((name) => entity[name] !== undefined)
    .map((name) => [name, { value: entity[name] }]);
  return { urn, ...Object.fromEntries(chosen) };
}
