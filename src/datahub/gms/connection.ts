/** One exchange with DataHub's metadata service (GMS) over HTTP: a request and its response. */
import { deadline } from "../../async.ts";
import { readRetryAfterSeconds } from "../../retry_after.ts";
import { noteRefusal } from "../../sandbox_refusals.ts";
import { traceHeaders } from "../../trace_context.ts";
import type { GmsSettings } from "../settings.ts";
import { GmsError } from "./gms_error.ts";

/** A request. */
export interface GmsRequest {
  readonly method: "GET" | "POST";
  /** From the slash on, encoded, with the query. */
  readonly path: string;
  /** What is sent as JSON. */
  readonly body?: unknown;
  /** How long the response may take; otherwise 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A response, with any status but a redirect. */
export interface GmsReply {
  readonly status: number;
  /** The body; undefined if it is not JSON. */
  readonly json: unknown;
  /** How long the header Retry-After asks to wait. */
  readonly retryAfterSeconds: number | undefined;
}

/** Sends one request. Throws `GmsError` if there is no response that can be used. */
export type Exchange = (request: GmsRequest) => Promise<GmsReply>;

const TIMEOUT_MS = 30_000;
/** The most a response may hold: the widest tables have some megabytes of metadata. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Makes the way to DataHub; nothing is sent yet. Redirects are not followed: they lead elsewhere. */
export function gmsConnection({ url, token }: GmsSettings): Exchange {
  return async ({ method, path, body, timeoutMs = TIMEOUT_MS, signal }) => {
    const headers = new Headers({ accept: "application/json", ...traceHeaders() });
    headers.set("x-restli-protocol-version", "2.0.0"); // as DataHub's own client, for what is not OpenAPI
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    const sent = { method, headers, redirect: "manual" } as const;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    try {
      return await deadline(
        async (limit) =>
          await toReply(await fetch(url + path, { ...sent, body: payload, signal: limit })),
        {
          limitMs: timeoutMs,
          reason: () => new GmsError("unreachable", "it does not respond in time"),
          ...(signal && { signal }),
        },
      );
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof GmsError ? error : unreachable(error);
    }
  };
}

async function toReply(response: Response): Promise<GmsReply> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    throw new GmsError(
      "unexpected",
      "it redirects to another address, which is not followed: does DATAHUB_GMS_URL lead to GMS?",
    );
  }
  const json = parse(await readText(response));
  return { status, json, retryAfterSeconds: readRetryAfterSeconds(headers) };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > MAX_BODY_BYTES) {
      throw new GmsError("unexpected", `its response is larger than ${MAX_BODY_BYTES} bytes`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The runtime's messages contain addresses and more; how they begin tells the cause. */
function unreachable(error: unknown): GmsError {
  noteRefusal(error);
  const message = error instanceof Error ? error.message : "";
  if (/certificate/.test(message)) {
    return new GmsError("unreachable", "its certificate is not valid or not trusted");
  }
  if (/dns error/.test(message)) {
    return new GmsError("unreachable", "its host name cannot be resolved");
  }
  if (/Connection refused/.test(message)) {
    return new GmsError("unreachable", "the connection is refused");
  }
  return new GmsError("unreachable", "the connection failed");
}
