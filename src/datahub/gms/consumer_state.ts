/**
 * Keeps what a consumer of events has to remember in DataHub, as entities of the kind `platformResource`:
 * no disk is needed, and another replica of the program can go on from it.
 *
 * Source of the format: `datahub_cloud_events_consumer_offsets_store.py` of `acryl-datahub-actions`, and
 * `datahub_guid` of `acryl-datahub`.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { type Gms, requireSuccess } from "./gms.ts";

/** One thing that is remembered. */
export interface StateKey {
  /** The consumer's name, such as `tokenize-action`. */
  readonly consumer: string;
  /** What is remembered: `state` is the offset of the events. */
  readonly resource: string;
  /** The kind of the content, such as `EventConsumerState`. */
  readonly schema: string;
}

const NOT_FOUND = 404;
const CONSUMER_PREFIX = "urn:li:dataHubAction:";

const resourceSchema = z.object({
  platformResourceInfo: z.object({
    value: z.object({ value: z.object({ blob: z.string() }) }),
  }),
});

/** Reads it; undefined if there is none, or nothing that is JSON. Throws `GmsError`. */
export async function loadState(gms: Gms, key: StateKey, signal?: AbortSignal): Promise<unknown> {
  const path = `/openapi/v3/entity/platformresource/${encodeURIComponent(stateUrn(key))}` +
    "?aspects=platformResourceInfo";
  const reply = await gms.exchange({ method: "GET", path, ...(signal && { signal }) });
  if (reply.status === NOT_FOUND) return undefined;
  requireSuccess(reply);
  try {
    return JSON.parse(resourceSchema.parse(reply.json).platformResourceInfo.value.value.blob);
  } catch {
    return undefined;
  }
}

/** Stores it, in the primary store, before it returns. Throws `GmsError`. */
export async function storeState(gms: Gms, key: StateKey, state: object): Promise<void> {
  const value = {
    blob: inAscii(JSON.stringify(state)), // bytes, of which each is written as a character
    contentType: "JSON",
    schemaType: "JSON",
    schemaRef: `${key.schema}@1`,
  };
  const primaryKey = CONSUMER_PREFIX + key.consumer;
  const info = { resourceType: "eventConsumerState", primaryKey, value };
  await gms.send({
    method: "POST",
    path: "/openapi/v3/entity/platformresource?async=false",
    body: [{ urn: stateUrn(key), platformResourceInfo: { value: info } }],
  });
}

/** The URN of the entity: an MD5 of what identifies it, in JSON with sorted keys. */
export function stateUrn({ consumer, resource }: Pick<StateKey, "consumer" | "resource">): string {
  const key = JSON.stringify({
    consumer_id: CONSUMER_PREFIX + consumer,
    platform: "urn:li:dataPlatform:datahub",
    state_resource_name: resource,
  });
  return `urn:li:platformResource:${createHash("md5").update(inAscii(key)).digest("hex")}`;
}

/** JSON with all other characters escaped, as Python writes it. */
function inAscii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
