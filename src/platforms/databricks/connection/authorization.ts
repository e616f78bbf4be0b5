/** The `Authorization` header of each request to the warehouse, and the access token in it. */
import { backoffMs, delay } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import { readRetryAfterSeconds } from "../../../retry_after.ts";
import type { Authentication } from "./settings.ts";

/** The source of the header. */
export interface Authorization {
  /** The header's value. Throws a `ServiceError`. */
  header(): Promise<string>;
  /** The warehouse refused the header. Returns whether a new one may be accepted. */
  renew(): boolean;
}

/** Access tokens are renewed this long before they expire, so that none expires on its way. */
const RENEW_BEFORE_MS = 60_000;
const REQUEST_TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
const BACKOFF = { firstMs: 1000, maxMs: 8000 };
/** The longest wait, if the endpoint asks for a longer one. */
const MAX_DELAY_MS = 30_000;

/** Makes the header's source. Nothing is requested yet. */
export function authorize(authentication: Authentication): Authorization {
  if (authentication.kind === "token") {
    const header = `Bearer ${authentication.token}`;
    return { header: () => Promise.resolve(header), renew: () => false };
  }
  return new ServicePrincipal(authentication);
}

interface AccessToken {
  readonly header: string;
  readonly renewAtMs: number;
}

/** OAuth 2.0 client credentials (RFC 6749, section 4.4). */
class ServicePrincipal implements Authorization {
  readonly #principal: Extract<Authentication, { kind: "service_principal" }>;
  #pending: Promise<AccessToken> | undefined;
  #current: AccessToken | undefined;

  constructor(principal: Extract<Authentication, { kind: "service_principal" }>) {
    this.#principal = principal;
  }

  async header(): Promise<string> {
    if (this.#current === undefined || performance.now() >= this.#current.renewAtMs) {
      this.#pending ??= this.#obtain().finally(() => this.#pending = undefined);
      this.#current = await this.#pending;
    }
    return this.#current.header;
  }

  renew(): boolean {
    this.#current = undefined;
    return true;
  }

  async #obtain(): Promise<AccessToken> {
    for (let attempt = 1;; attempt++) {
      const response = await this.#send();
      if (response.ok) return await readToken(response);
      await response.body?.cancel();
      const isBusy = response.status === 429 || response.status >= 500;
      if (!isBusy || attempt === ATTEMPTS) throw refused(response.status);
      const seconds = readRetryAfterSeconds(response.headers);
      await delay(seconds ? Math.min(1000 * seconds, MAX_DELAY_MS) : backoffMs(attempt, BACKOFF));
    }
  }

  async #send(): Promise<Response> {
    const { clientId, clientSecret, scope, tokenEndpoint } = this.#principal;
    // RFC 6749, section 2.3.1: both are form-encoded before they are joined
    const credentials = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
    try {
      return await fetch(tokenEndpoint, {
        method: "POST",
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams({ grant_type: "client_credentials", scope }),
        redirect: "error", // the secret goes to the configured endpoint only
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch {
      throw new ServiceError(
        "database_unreachable",
        "Cannot get an access token: the token endpoint cannot be reached",
        { cause: "TOKEN_ENDPOINT" },
      );
    }
  }
}

async function readToken(response: Response): Promise<AccessToken> {
  const body: unknown = await response.json().catch(() => undefined);
  const { access_token: token, expires_in: seconds = 3600 } = (body ?? {}) as {
    access_token?: unknown;
    expires_in?: unknown;
  };
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new ServiceError(
      "database_unreachable",
      "Cannot get an access token: the token endpoint's response holds none",
      { cause: "TOKEN_ENDPOINT" },
    );
  }
  const lifetimeMs = 1000 * (Number(seconds) || 3600);
  const early = Math.min(RENEW_BEFORE_MS, lifetimeMs / 2);
  return { header: `Bearer ${token}`, renewAtMs: performance.now() + lifetimeMs - early };
}

function refused(status: number): ServiceError {
  const reason = status === 400 || status === 401 || status === 403
    ? "the token endpoint refuses the service principal"
    : "the token endpoint responds with an error";
  return new ServiceError(
    "database_unreachable",
    `Cannot get an access token: ${reason} (HTTP ${status})`,
    { cause: `HTTP_${status}` },
  );
}
