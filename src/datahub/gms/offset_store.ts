/**
 * Keeps the offset of the events in DataHub, where and as DataHub's own event source (`datahub-cloud` of
 * `acryl-datahub-actions`) keeps it: either can go on from the other.
 *
 * Source of the format: `datahub_cloud_events_consumer_offsets_store.py` of that package, and
 * `datahub_guid` of `acryl-datahub`.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { type Gms, requireSuccess } from "./gms.ts";

/** The offset that was stored last. */
export interface StoredOffset {
  readonly offsetId: string;
  /** When it was stored, in seconds since 1970. */
  readonly timestamp: number | undefined;
}

/** Where the offset of one consumer is kept. */
export interface OffsetStore {
  /** Undefined if there is none, or one in another form. Throws `GmsError`. */
  load(signal?: AbortSignal): Promise<StoredOffset | undefined>;
  /** Throws `GmsError`. */
  store(offsetId: string): Promise<void>;
}

const NOT_FOUND = 404;
const CONSUMER_PREFIX = "urn:li:dataHubAction:";
const SCHEMA = "EventConsumerState";

const resourceSchema = z.object({
  platformResourceInfo: z.object({
    value: z.object({ value: z.object({ blob: z.string() }) }),
  }),
});

const stateSchema = z.object({
  offset_id: z.string(),
  timestamp: z.number().nullish(),
});

/** The store of the consumer of that name. Nothing is asked yet. */
export function offsetStore(gms: Gms, consumer: string): OffsetStore {
  const consumerId = CONSUMER_PREFIX + consumer;
  const urn = stateUrn(consumerId);
  return {
    async load(signal) {
      const path = `/openapi/v3/entity/platformresource/${encodeURIComponent(urn)}` +
        "?aspects=platformResourceInfo";
      const reply = await gms.exchange({ method: "GET", path, ...(signal && { signal }) });
      if (reply.status === NOT_FOUND) return undefined;
      requireSuccess(reply);
      return readState(reply.json);
    },
    async store(offsetId) {
      const state = { VERSION: 1, offset_id: offsetId, timestamp: Math.floor(Date.now() / 1000) };
      const value = {
        blob: JSON.stringify(state),
        contentType: "JSON",
        schemaType: "JSON",
        schemaRef: `${SCHEMA}@1`,
      };
      const info = { resourceType: "eventConsumerState", primaryKey: consumerId, value };
      await gms.send({
        method: "POST",
        path: "/openapi/v3/entity/platformresource?async=false",
        body: [{ urn, platformResourceInfo: { value: info } }],
      });
    },
  };
}

/** The URN of the resource: an MD5 of what identifies the state, in JSON with sorted keys. */
export function stateUrn(consumerId: string): string {
  const key = JSON.stringify({
    consumer_id: consumerId,
    platform: "urn:li:dataPlatform:datahub",
    state_resource_name: "state",
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

function readState(json: unknown): StoredOffset | undefined {
  try {
    const { blob } = resourceSchema.parse(json).platformResourceInfo.value.value;
    const { offset_id: offsetId, timestamp } = stateSchema.parse(JSON.parse(blob));
    return { offsetId, timestamp: timestamp ?? undefined };
  } catch {
    return undefined; // without an offset, events begin at the end, and a sweep finds the rest
  }
}
