/**
 * The Rest.li resources of the stand-in that DataHub's own client uses: `/config`, and aspects one by one.
 * The program itself uses OpenAPI.
 */
import type { Metadata } from "./metadata.ts";

/** By the names of aspects, those of their records. */
const RECORDS: Readonly<Record<string, string>> = {
  platformResourceInfo: "com.linkedin.platformresource.PlatformResourceInfo",
};

/** Responds to a request of the client; undefined if it is for something else. */
export function respondToClient(
  metadata: Metadata,
  method: string,
  { pathname, searchParams }: URL,
  body: string,
): Response | undefined {
  if (pathname === "/config") return Response.json({ noCode: "true", models: {}, versions: {} });
  if (pathname === "/aspects" && searchParams.get("action") === "ingestProposal") {
    const { entityUrn, aspectName, aspect } = JSON.parse(body).proposal;
    metadata.entityOf(entityUrn)[aspectName] = JSON.parse(aspect.value);
    return Response.json({ value: entityUrn });
  }
  if (method !== "GET" || !pathname.startsWith("/aspects/")) return undefined;
  const urn = decodeURIComponent(pathname.slice("/aspects/".length));
  const name = searchParams.get("aspect") ?? "";
  const aspect = metadata.entities.get(urn)?.[name];
  const record = RECORDS[name];
  if (aspect === undefined || record === undefined) return new Response(null, { status: 404 });
  return Response.json({ version: 0, aspect: { [record]: aspect } });
}
