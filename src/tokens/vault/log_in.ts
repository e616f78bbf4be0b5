/** Logging in to Vault with the configured credentials. */
import { decodeBase64Url } from "../base64.ts";
import { toServiceAccountToken, type VaultLogin } from "./login_settings.ts";
import { refused } from "./errors.ts";
import { isSuccess, type Lease, leaseOf } from "./responses.ts";
import type { RetryingConnection } from "./retries.ts";

/** A way to log in that is not already a token. */
export type Credentials = Exclude<VaultLogin, { kind: "token" }>;

/** Obtains a new token. Throws `token_sdk_error` if Vault refuses. */
export async function logIn(
  credentials: Credentials,
  connection: RetryingConnection,
): Promise<Lease> {
  return credentials.kind === "approle"
    ? await withSecretId(credentials, connection)
    : await withServiceAccount(credentials, connection);
}

async function withSecretId(
  { mount, roleId, secretId }: Credentials & { kind: "approle" },
  connection: RetryingConnection,
): Promise<Lease> {
  return await send(connection, mount, { role_id: roleId, secret_id: secretId }) ??
    fail(`it refuses to log in with VAULT_ROLE_ID and VAULT_SECRET_ID at auth/${mount}`);
}

/** The service account's token is read again each time: the cluster renews it, often hourly. */
async function withServiceAccount(
  { mount, role, tokenFile }: Credentials & { kind: "kubernetes" },
  connection: RetryingConnection,
): Promise<Lease> {
  const text = await Deno.readTextFile(tokenFile).catch(() => "");
  const jwt = toServiceAccountToken(text) ??
    fail("VAULT_KUBERNETES_TOKEN_FILE no longer names a service account's token");
  const lease = await send(connection, mount, { role, jwt });
  if (lease !== undefined) return lease;
  return expiryMs(jwt) < Date.now()
    ? fail("the token in VAULT_KUBERNETES_TOKEN_FILE has expired and was not renewed")
    : fail(
      `it refuses to log in with VAULT_KUBERNETES_ROLE and the service account at auth/${mount}`,
    );
}

/** The token for these credentials; undefined if Vault refuses them. */
async function send(
  connection: RetryingConnection,
  mount: string,
  credentials: Readonly<Record<string, string>>,
): Promise<Lease | undefined> {
  const body = JSON.stringify(credentials);
  const reply = await connection.send({ method: "POST", path: `auth/${mount}/login`, body });
  return isSuccess(reply) ? leaseOf(reply) : undefined;
}

function fail(reason: string): never {
  throw refused(reason);
}

/** When a JSON Web Token expires (RFC 7519 section 4.1.4); Infinity if it does not say. */
function expiryMs(jwt: string): number {
  try {
    const bytes = decodeBase64Url(jwt.split(".")[1]!);
    const { exp } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof exp === "number" ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}
