/**
 * Keeps the offset of the events in DataHub, where and as DataHub's own event source (`datahub-cloud` of
 * `acryl-datahub-actions`) keeps it: either can go on from the other.
 */
import { z } from "zod";
import { loadState, storeState } from "./consumer_state.ts";
import type { Gms } from "./gms.ts";

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

const stateSchema = z.object({ offset_id: z.string(), timestamp: z.number().nullish() });

/** The store of the consumer of that name. Nothing is asked yet. */
export function offsetStore(gms: Gms, consumer: string): OffsetStore {
  const key = { consumer, resource: "state", schema: "EventConsumerState" };
  return {
    async load(signal) {
      const state = stateSchema.safeParse(await loadState(gms, key, signal));
      if (!state.success) return undefined; // events begin at the end, and a sweep finds the rest
      const { offset_id: offsetId, timestamp } = state.data;
      return { offsetId, timestamp: timestamp ?? undefined };
    },
    async store(offsetId) {
      const timestamp = Math.floor(Date.now() / 1000);
      await storeState(gms, key, { VERSION: 1, offset_id: offsetId, timestamp });
    },
  };
}
