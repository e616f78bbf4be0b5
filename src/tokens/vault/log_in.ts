/** Logging in to Vault with what the program was started with. */
import { decodeBase64Url } from "../base64.ts";
import { toServiceAccountToken, type VaultLogin } from "./login_settings.ts";
import { refused } from "./errors.ts";
import { isSuccess, type Lease, leaseOf } from "./responses.ts";
import type { PatientConnection } from "./retries.ts";

/** A way to log in, that is not a token already. */
export type Credentials = Exclude<VaultLogin, { kind: "token" }>;

/** A new token. Throws `token_sdk_error` where Vault gives none. */
export async function logIn(
  credentials: Credentials,
  connection: PatientConnection,
): Promise<Lease> {
  return credentials.kind === "approle"
    ? await withSecretId(credentials, connection)
    : await withServiceAccount(credentials, connection);
}

async function withSecretId(
  { mount, roleId, secretId }: Credentials & { kind: "approle" },
  connection: PatientConnection,
): Promise<Lease> {
  return await send(connection, mount, { role_id: roleId, secret_id: secretId }) ??
    fail(`it refuses to log in with VAULT_ROLE_ID and VAULT_SECRET_ID at auth/${mount}`);
}

/** The service account's token is read anew each time: the cluster renews it, often every hour. */
async function withServiceAccount(
  { mount, role, tokenFile }: Credentials & { kind: "kubernetes" },
  connection: PatientConnection,
): Promise<Lease> {
  const text = await Deno.readTextFile(tokenFile).catch(() => "");
  const jwt = toServiceAccountToken(text) ??
    fail("VAULT_KUBERNETES_TOKEN_FILE no longer names a service account's token");
  const lease = await send(connection, mount, { role, jwt });
  if (lease !== undefined) return lease;
  return expiryMs(jwt) < Date.now()
    ? fail("the token in VAULT_KUBERNETES_TOKEN_FILE ran out, and nobody renewed it")
    : fail(
      `it refuses to log in with VAULT_KUBERNETES_ROLE and the service account at auth/${mount}`,
    );
}

/** What Vault gives for these credentials; undefined where it refuses them. */
async function send(
  connection: PatientConnection,
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
