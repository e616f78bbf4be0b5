/**
 * DataHub's Events API: `GET /openapi/v1/events/poll`.
 *
 * Source: DataHub's `ExternalEventsController.java`. The server keeps no position: each response says
 * with which offset to go on, and a poll without one begins at the end.
 */
import { z } from "zod";
import { type Gms, requireSuccess } from "./gms.ts";
import { parsed } from "./parsed.ts";

/** What to poll. */
export interface Poll {
  /** Where to go on; undefined begins at the end. */
  readonly offsetId: string | undefined;
  /** The most events of one response. */
  readonly limit: number;
  /** How long the server waits for events: it responds when this time is over, or `limit` is reached. */
  readonly waitSeconds: number;
  readonly signal?: AbortSignal;
}

/** What came: events, as far as they can be read, or why there are none. */
export type Polled =
  | {
    readonly kind: "events";
    readonly offsetId: string;
    /** How many came, including those that are unreadable. */
    readonly count: number;
    readonly payloads: readonly unknown[];
    /** How many could not be read. */
    readonly unreadable: number;
  }
  | { readonly kind: "offset_refused" }
  /** The server has no Events API: it is switched off, or the server is too old. */
  | { readonly kind: "absent" };

const TOPIC = "PlatformEvent_v1";
/** Of the platform's events, those about tags and terms have this name. */
const EVENT_NAME = "entityChangeEvent";
/** How much longer than the server's own wait a response may take. */
const EXTRA_TIMEOUT_MS = 30_000;
const NOT_FOUND = 404;
const SERVER_ERROR = 500;

const responseSchema = z.object({
  offsetId: z.string(),
  events: z.array(z.object({ value: z.string() }).catch({ value: "" })),
});

const eventSchema = z.object({
  name: z.string(),
  payload: z.object({ value: z.string() }),
});

/** Polls once. Throws `GmsError`. */
export async function pollEvents(
  gms: Gms,
  { offsetId, limit, waitSeconds, signal }: Poll,
): Promise<Polled> {
  const query = new URLSearchParams({
    topic: TOPIC,
    limit: String(limit),
    pollTimeoutSeconds: String(waitSeconds),
    ...(offsetId !== undefined && { offsetId }),
  });
  const reply = await gms.exchange({
    method: "GET",
    path: `/openapi/v1/events/poll?${query}`,
    timeoutMs: waitSeconds * 1000 + EXTRA_TIMEOUT_MS,
    ...(signal && { signal }),
  });
  if (reply.status === NOT_FOUND) return { kind: "absent" };
  if (reply.status === SERVER_ERROR && offsetId !== undefined && blamesOffset(reply.json)) {
    return { kind: "offset_refused" };
  }
  requireSuccess(reply);
  const response = parsed(responseSchema, reply.json);
  const read = response.events.map(({ value }) => readEvent(value));
  return {
    kind: "events",
    offsetId: response.offsetId,
    count: read.length,
    payloads: read.flatMap((each) => each.kind === "payload" ? [each.payload] : []),
    unreadable: read.filter(({ kind }) => kind === "unreadable").length,
  };
}

/** An unreadable offset is a failure of the server like any other, but for its message. */
function blamesOffset(json: unknown): boolean {
  const { errorMessage } = (json ?? {}) as { errorMessage?: unknown };
  return typeof errorMessage === "string" && /offset/i.test(errorMessage);
}

type ReadEvent =
  | { readonly kind: "payload"; readonly payload: unknown }
  | { readonly kind: "other" | "unreadable" };

function readEvent(value: string): ReadEvent {
  try {
    const event = eventSchema.parse(JSON.parse(value));
    if (event.name !== EVENT_NAME) return { kind: "other" };
    return { kind: "payload", payload: JSON.parse(fromLatin1(event.payload.value)) };
  } catch {
    return { kind: "unreadable" };
  }
}

/**
 * The payload as it was meant: the server writes its bytes, which are UTF-8, as if each were a character of
 * ISO-8859-1. A text with other characters was not written that way.
 */
export function fromLatin1(text: string): string {
  // deno-lint-ignore no-control-regex -- all characters of ISO-8859-1
  if (!/^[\x00-\xff]*$/.test(text)) return text;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return text;
  }
}
