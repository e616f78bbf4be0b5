/** One exchange with Vault over HTTP: a request and its response. */
import { deadline } from "../../async.ts";
import { readRetryAfterSeconds } from "../../retry_after.ts";
import { noteRefusal } from "../../sandbox_refusals.ts";
import { traceHeaders } from "../../trace_context.ts";
import type { VaultSettings } from "./settings.ts";

/** A request. Values and secrets are in the body only, never in the path. */
export interface VaultRequest {
  readonly method: "GET" | "POST";
  /** The part after `/v1/`. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

/** A response, with any status. */
export interface VaultReply {
  readonly status: number;
  /** The body; undefined if it is not JSON. */
  readonly json: unknown;
  /** How long the header Retry-After asks to wait. */
  readonly retryAfterSeconds: number | undefined;
}

/** There was no response. */
export class NoReply extends Error {
  override readonly name = "NoReply";

  constructor(readonly reason: string, readonly isWorthRetrying: boolean) {
    super(reason);
  }
}

/** The way to the server. */
export interface VaultConnection {
  /** Throws `NoReply`. */
  exchange(
    request: VaultRequest,
    token: string | undefined,
    timeoutMs: number,
  ): Promise<VaultReply>;
  /** Ends the requests under way. */
  close(): void;
}

/** Makes a connection; nothing is sent yet. Redirects are not followed: they lead to another host. */
export function openConnection(settings: VaultSettings): VaultConnection {
  const { caCertificates } = settings;
  const client = Deno.createHttpClient({ caCerts: caCertificates ? [caCertificates] : [] });
  const closing = new AbortController();
  return {
    async exchange(request, token, timeoutMs) {
      const headers = headersOf(request, token, settings);
      try {
        return await deadline(async (signal) => {
          const { method, body } = request;
          const url = `${settings.address}/v1/${request.path}`;
          const options = { method, headers, body, signal, client, redirect: "manual" } as const;
          return await toReply(await fetch(url, options));
        }, {
          limitMs: timeoutMs,
          reason: () => new NoReply("it does not respond in time", true),
          signal: closing.signal,
        });
      } catch (error) {
        throw error instanceof NoReply ? error : whyNoReply(error);
      }
    },
    close() {
      closing.abort();
      client.close();
    },
  };
}

function headersOf(
  { body }: VaultRequest,
  token: string | undefined,
  { namespace }: VaultSettings,
): Headers {
  const headers = new Headers({ "x-vault-request": "true", ...traceHeaders() });
  if (token !== undefined) headers.set("x-vault-token", token);
  if (namespace !== undefined) headers.set("x-vault-namespace", namespace);
  if (body !== undefined) headers.set("content-type", "application/json");
  return headers;
}

async function toReply(response: Response): Promise<VaultReply> {
  const json = parse(await response.text());
  const retryAfterSeconds = readRetryAfterSeconds(response.headers);
  return { status: response.status, json, retryAfterSeconds };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The runtime's messages contain addresses and more; how they begin tells the cause. */
function whyNoReply(error: unknown): NoReply {
  noteRefusal(error);
  const message = error instanceof Error ? error.message : "";
  if (/invalid peer certificate: (UnknownIssuer|BadSignature)/.test(message)) {
    return new NoReply(
      "its certificate is not signed by a trusted authority: see VAULT_CACERT",
      false,
    );
  }
  if (/certificate/.test(message)) {
    return new NoReply("its certificate is not valid for VAULT_ADDR at this time", false);
  }
  if (/dns error/.test(message)) return new NoReply("the host name cannot be resolved", true);
  if (/Connection refused/.test(message)) return new NoReply("the connection is refused", true);
  return new NoReply("the connection failed", true);
}
