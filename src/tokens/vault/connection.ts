/** One exchange with Vault over HTTP: a request, and what came back of it. */
import type { VaultSettings } from "./settings.ts";

/** What is asked. Values and secrets stand in the body only, never in the path. */
export interface VaultRequest {
  readonly method: "GET" | "POST";
  /** Behind `/v1/`. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

/** An answer, whatever its status. */
export interface VaultReply {
  readonly status: number;
  /** Undefined where it is not JSON. */
  readonly json: unknown;
  /** What the header Retry-After asks to wait. */
  readonly retryAfterMs: number | undefined;
}

/** No answer came. */
export class NoReply extends Error {
  override readonly name = "NoReply";

  constructor(readonly reason: string, readonly isWorthRetrying: boolean) {
    super(reason);
  }
}

/** Where requests go. */
export interface VaultConnection {
  /** Throws `NoReply`. */
  exchange(
    request: VaultRequest,
    token: string | undefined,
    timeoutMs: number,
  ): Promise<VaultReply>;
  /** Ends what is on its way. */
  close(): void;
}

/** Makes a connection; nothing is sent yet. Redirects are not followed: they name another host. */
export function openConnection(
  { address, namespace, caCertificates }: VaultSettings,
): VaultConnection {
  const client = Deno.createHttpClient({ caCerts: caCertificates ? [caCertificates] : [] });
  const underWay = new Set<AbortController>();
  return {
    async exchange({ method, path, body }, token, timeoutMs) {
      const headers = new Headers({ "x-vault-request": "true" });
      if (token !== undefined) headers.set("x-vault-token", token);
      if (namespace !== undefined) headers.set("x-vault-namespace", namespace);
      if (body !== undefined) headers.set("content-type", "application/json");
      const abort = new AbortController();
      const { signal } = abort;
      const redirect = "manual";
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        abort.abort();
      }, timeoutMs);
      underWay.add(abort);
      try {
        const url = `${address}/v1/${path}`;
        const response = await fetch(url, { method, headers, body, signal, client, redirect });
        const text = await response.text();
        const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), Date.now());
        return { status: response.status, json: parse(text), retryAfterMs };
      } catch (error) {
        if (isLate) throw new NoReply("it does not answer in time", true);
        throw whyNoReply(error);
      } finally {
        clearTimeout(timer);
        underWay.delete(abort);
      }
    },
    close() {
      for (const each of underWay) each.abort();
      client.close();
    },
  };
}

/** Milliseconds that a Retry-After header (RFC 9110 section 10.2.3) asks to wait from `nowMs` on. */
export function readRetryAfter(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1000;
  const dateMs = /^\w{3}, /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The runtime's messages hold addresses and more; what they begin with tells the cause. */
function whyNoReply(error: unknown): NoReply {
  const message = error instanceof Error ? error.message : "";
  if (/invalid peer certificate: (UnknownIssuer|BadSignature)/.test(message)) {
    return new NoReply("nobody known vouches for its certificate: see VAULT_CACERT", false);
  }
  if (/certificate/.test(message)) {
    return new NoReply("its certificate is not valid for VAULT_ADDR at this time", false);
  }
  if (/dns error/.test(message)) return new NoReply("the host's name cannot be resolved", true);
  if (/Connection refused/.test(message)) return new NoReply("the connection is refused", true);
  return new NoReply("the connection failed", true);
}
