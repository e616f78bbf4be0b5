/**
 * The two endpoints of OAuth with client credentials, and the tokens they issued. Tokens look like
 * Databricks' own (JSON web tokens with an expiry), but have no valid signature.
 */
import type { HttpRequest, HttpResponse } from "./http_wire.ts";

export const DISCOVERY_PATHS = [
  "/oidc/.well-known/oauth-authorization-server",
  "/oidc/.well-known/openid-configuration",
];
export const TOKEN_PATH = "/oidc/v1/token";
const DEFAULT_LIFETIME_SECONDS = 3600;

export class OauthEndpoints {
  private readonly issued = new Map<string, number>();
  lifetimeSeconds = DEFAULT_LIFETIME_SECONDS;

  constructor(readonly clientId: string, readonly clientSecret: string) {}

  /** Whether the token was issued here, and is neither revoked nor expired. */
  accepts(token: string): boolean {
    const expiresAt = this.issued.get(token);
    return expiresAt !== undefined && Date.now() < expiresAt;
  }

  revokeAll(): void {
    this.issued.clear();
  }

  reset(): void {
    this.lifetimeSeconds = DEFAULT_LIFETIME_SECONDS;
  }

  discovery(origin: string): HttpResponse {
    return json(200, {
      issuer: `${origin}/oidc`,
      authorization_endpoint: `${origin}/oidc/v1/authorize`,
      token_endpoint: `${origin}${TOKEN_PATH}`,
      jwks_uri: `${origin}/oidc/jwks.json`,
      response_types_supported: ["code"],
      grant_types_supported: ["client_credentials"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      scopes_supported: ["all-apis"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    });
  }

  token(request: HttpRequest): HttpResponse {
    const form = new URLSearchParams(new TextDecoder().decode(request.body));
    const [id, secret] = credentials(request.headers, form);
    if (id !== this.clientId || secret !== this.clientSecret) {
      const error_description = "Client authentication failed";
      return json(401, { error: "invalid_client", error_description });
    }
    if (form.get("grant_type") !== "client_credentials") {
      return json(400, { error: "unsupported_grant_type" });
    }
    if (form.get("scope") !== "all-apis") return json(400, { error: "invalid_scope" });
    return json(200, {
      access_token: this.issue(),
      token_type: "Bearer",
      expires_in: this.lifetimeSeconds,
      scope: "all-apis",
    });
  }

  private issue(): string {
    const issuedAt = Math.floor(Date.now() / 1000);
    const expires = issuedAt + this.lifetimeSeconds;
    const claims = { sub: this.clientId, iat: issuedAt, exp: expires, jti: crypto.randomUUID() };
    const parts = [{ alg: "RS256", typ: "JWT" }, claims].map((part) => base64Url(part));
    const token = [...parts, base64Url({ signature: "none" })].join(".");
    this.issued.set(token, expires * 1000);
    return token;
  }
}

/** From the Authorization header, or from the form. Both are form-encoded inside Basic. */
function credentials(headers: Headers, form: URLSearchParams): [string, string] {
  const [scheme, encoded = ""] = (headers.get("authorization") ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic") {
    return [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
  }
  const [id = "", secret = ""] = atob(encoded).split(":");
  return [decodeURIComponent(id), decodeURIComponent(secret)];
}

function base64Url(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function json(status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}
