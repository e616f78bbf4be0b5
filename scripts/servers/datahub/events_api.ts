/** The Events API of the stand-in: `GET /openapi/v1/events/poll`. */
import type { Metadata } from "./metadata.ts";

const TOPIC = "PlatformEvent_v1";
const PARTITION = `${TOPIC}-0`;
/** DataHub's pool of consumers (`KAFKA_CONSUMER_POOL_MAX_SIZE`). */
const CONSUMERS = 5;
const MAX_LIMIT = 5000;
const CHECK_INTERVAL_MS = 20;

/** Polls for events, each for its whole timeout unless it reaches its limit. */
export class EventsApi {
  readonly #metadata: Metadata;
  #polling = 0;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Responds to a poll; at once if `signal` is aborted. */
  async poll(query: URLSearchParams, signal: AbortSignal): Promise<Response> {
    if (query.get("topic") !== TOPIC) return new Response(null, { status: 403 });
    if (this.#polling >= CONSUMERS) {
      return failure(429, "Too many simultaneous requests, retry again later.");
    }
    const { events, firstOffset } = this.#metadata;
    const given = query.get("offsetId");
    const offset = given === null ? events.length : decodeOffset(given);
    if (offset === undefined) {
      const message = `Failed to decode and parse offsetId: ${given}`;
      return failure(500, `An unexpected error occurred: ${message}`);
    }
    const from = offset < firstOffset ? events.length : offset; // expired: no error, as Kafka's `latest`
    const limit = Math.min(Number(query.get("limit") ?? 100), MAX_LIMIT);
    const timeoutMs = 1000 * Math.min(Number(query.get("pollTimeoutSeconds") ?? 5), 10);
    this.#polling++;
    try {
      await this.#untilThere(from + limit, timeoutMs, signal);
    } finally {
      this.#polling--;
    }
    const found = events.slice(from, from + limit);
    return Response.json({
      offsetId: encodeOffset(from + found.length),
      count: found.length,
      events: found.map((payload) => ({
        contentType: "application/json",
        value: platformEvent(payload),
      })),
    });
  }

  async #untilThere(count: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (this.#metadata.events.length < count && performance.now() < endMs && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
    }
  }
}

/** The opaque text that stands for an offset. */
export function encodeOffset(offset: number): string {
  return btoa(JSON.stringify({ [PARTITION]: offset }));
}

function decodeOffset(text: string): number | undefined {
  try {
    const offset: unknown = JSON.parse(atob(text))[PARTITION];
    return typeof offset === "number" ? offset : undefined;
  } catch {
    return undefined;
  }
}

/** The event around a payload, whose bytes are written as if they were ISO-8859-1. */
function platformEvent(payload: string): string {
  const bytes = new TextEncoder().encode(payload);
  const value = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return JSON.stringify({
    header: { timestampMillis: Date.now() },
    name: payload.includes('"relationshipType"') ? "relationshipChangeEvent" : "entityChangeEvent",
    payload: { value, contentType: "application/json" },
  });
}

function failure(status: number, errorMessage: string): Response {
  return Response.json({ offsetId: null, count: null, events: null, errorMessage }, { status });
}
