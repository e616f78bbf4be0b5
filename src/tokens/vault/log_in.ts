/** Logging in to Vault with what the program was started with. */
import { decodeBase64Url } from "../base64.ts";
import type { VaultLogin } from "./login_settings.ts";
import { refused } from "./refusals.ts";
import { isSuccess, type Lease, leaseOf } from "./replies.ts";
import type { PatientConnection } from "./retries.ts";

/** A way to log in, that is not a token already. */
export type Credentials = Exclude<VaultLogin, { kind: "token" }>;

/** A new token. Throws `token_sdk_error` where Vault gives none. */
export async function logIn(
  credentials: Credentials,
  connection: PatientConnection,
): Promise<Lease> {
  const reply = await connection.send({
    method: "POST",
    path: `auth/${credentials.mount}/login`,
    body: JSON.stringify(bodyOf(credentials)),
  });
  const lease = isSuccess(reply) ? leaseOf(reply) : undefined;
  if (lease === undefined) throw refused(whyNoLogin(credentials));
  return lease;
}

function bodyOf(credentials: Credentials): Record<string, string> {
  return credentials.kind === "approle"
    ? { role_id: credentials.roleId, secret_id: credentials.secretId }
    : { role: credentials.role, jwt: credentials.jwt };
}

function whyNoLogin(credentials: Credentials): string {
  const { kind, mount } = credentials;
  if (kind === "approle") {
    return `it refuses to log in with VAULT_ROLE_ID and VAULT_SECRET_ID at auth/${mount}`;
  }
  if (expiryMs(credentials.jwt) < Date.now()) {
    return "the service account's token that the program was started with ran out: start it again";
  }
  return `it refuses to log in with VAULT_KUBERNETES_ROLE and the service account at auth/${mount}`;
}

/** When a JSON Web Token runs out (RFC 7519 section 4.1.4); never, where it does not say so. */
function expiryMs(jwt: string): number {
  try {
    const bytes = decodeBase64Url(jwt.split(".")[1]!);
    const { exp } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof exp === "number" ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}
