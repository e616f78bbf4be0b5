/** The deletion of aspects that have an entry for each moment: `POST /entities?action=delete`. */
import type { Metadata } from "./metadata.ts";

/** Deletes the entries of one aspect of an entity up to a time, and tells how many. */
export function deleteTimeseries(metadata: Metadata, body: string): Response {
  if (!metadata.privileges.has("DELETE_ENTITY")) return new Response(null, { status: 403 });
  const { urn, aspectName, endTimeMillis } = JSON.parse(body);
  const found = [...metadata.timeseries].filter(([, each]) =>
    each.urn === urn && each.aspect === aspectName &&
    Number(each.value.timestampMillis) <= endTimeMillis
  );
  for (const [key] of found) metadata.timeseries.delete(key);
  return Response.json({ value: { urn, rows: 0, timeseriesRows: found.length } });
}
