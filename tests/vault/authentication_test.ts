/** Logging in, staying logged in, and what happens when Vault no longer accepts a token. */
import assert from "node:assert/strict";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { errorOf } from "../support/assertions.ts";
import { until } from "../../scripts/servers/until.ts";
import { startRelay } from "./misbehaving_relay.ts";
import { letLogIn, startTokenReviewer } from "./token_review.ts";
import { openTransit, POLICY, QUICK } from "../../scripts/servers/openbao/transit_fixture.ts";

const vault = await openTransit();
const { server } = vault;
Deno.test.afterAll(() => vault.close());

const place = { platform: "postgres", dataset: ["app", "public", "customers"], column: "email" };
const NO_TOKEN = { VAULT_TOKEN: undefined };
const policy = await vault.makePolicy(POLICY);
await server.api("POST", "sys/auth/approle", { type: "approle" });

/** A role of AppRole, as settings. */
async function approle(name: string, options: Readonly<Record<string, unknown>> = {}) {
  const path = `auth/approle/role/${name}`;
  await server.api("POST", path, { token_policies: [policy], ...options });
  const roleId = (await server.api("GET", `${path}/role-id`)).data.role_id;
  const secretId = (await server.api("POST", `${path}/secret-id`, {})).data.secret_id;
  return { ...NO_TOKEN, VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId };
}

async function tokenizes(sdk: TokenSdk): Promise<void> {
  assert.match((await sdk.tokenize([crypto.randomUUID()], place))[0]!, /^vault:v1:/);
}

/** The distinct tokens in the requests to Transit. */
function tokensIn(relay: ReturnType<typeof startRelay>): (string | null)[] {
  const transit = relay.requests.filter(({ path }) => path.includes("/transit/"));
  return [...new Set(transit.map(({ headers }) => headers.get("x-vault-token")))];
}

function countOf(relay: ReturnType<typeof startRelay>, path: string): number {
  return relay.requests.filter((request) => request.path === `/v1/${path}`).length;
}

Deno.test("a revoked token is reported as such, not as a missing policy", async () => {
  const VAULT_TOKEN = await vault.makeToken(POLICY);
  const sdk = await vault.openSdk({ VAULT_TOKEN });
  try {
    await tokenizes(sdk);
    await server.api("POST", "auth/token/revoke", { token: VAULT_TOKEN });
    const error = await errorOf(Promise.resolve(sdk.tokenize(["canary"], place)));
    assert.equal(error.code, "token_sdk_error");
    assert.match(error.message, /^Cannot use Vault: VAULT_TOKEN expired or was revoked, or /);
    assert.ok(!JSON.stringify([error.message, error.stack, error.facts]).includes(VAULT_TOKEN));
  } finally {
    await sdk.close!();
  }
});

Deno.test("an invalid token is refused before any value is sent", async () => {
  const error = await errorOf(vault.openSdk({ VAULT_TOKEN: "s.canary" }));
  assert.equal(error.code, "token_sdk_error");
  assert.match(error.message, /VAULT_TOKEN expired or was revoked/);
});

Deno.test("an expired token is reported as such", async () => {
  const options = { ttl: "1s", renewable: false, explicit_max_ttl: "1s" };
  const VAULT_TOKEN = await vault.makeToken(POLICY, options);
  const sdk = await vault.openSdk({ VAULT_TOKEN });
  try {
    await until(async () => {
      const look = server.api("GET", "auth/token/lookup-self", undefined, { token: VAULT_TOKEN });
      return await look.then(() => false, () => true);
    });
    const error = await errorOf(Promise.resolve(sdk.tokenize(["Ada"], place)));
    assert.equal(error.code, "token_sdk_error");
    assert.match(error.message, /VAULT_TOKEN expired or was revoked/);
  } finally {
    await sdk.close!();
  }
});

Deno.test("a token without a capability is refused with the name of the missing one", async () => {
  const VAULT_TOKEN = await vault.makeToken('path "transit/keys/+" { capabilities = ["read"] }');
  const error = await errorOf(vault.openSdk({ VAULT_TOKEN }));
  const key = vault.variables().VAULT_TRANSIT_KEY;
  assert.equal(error.code, "token_sdk_error");
  assert.equal(
    error.message,
    `Cannot use Vault: its policies do not allow "update" on transit/encrypt/${key}`,
  );
});

Deno.test("a renewable token is renewed in time, even if it is not used", async () => {
  await using relay = startRelay(server.address);
  const VAULT_TOKEN = await vault.makeToken(POLICY, { period: "2s" });
  const sdk = await vault.openSdk({ VAULT_TOKEN, VAULT_ADDR: relay.address });
  try {
    await until(() => countOf(relay, "auth/token/renew-self") >= 3); // by then it would have expired
    await tokenizes(sdk);
    assert.deepEqual(tokensIn(relay), [VAULT_TOKEN]);
  } finally {
    await sdk.close!();
  }
});

Deno.test("a failed renewal is retried while there is time", async () => {
  await using relay = startRelay(server.address);
  const VAULT_TOKEN = await vault.makeToken(POLICY, { period: "6s" });
  const changes = { VAULT_TOKEN, VAULT_ADDR: relay.address };
  const sdk = await vault.openSdk(changes, { ...QUICK, totalMs: 100 });
  try {
    let failures = 0;
    relay.misbehave(({ path }) => {
      if (!path.endsWith("renew-self") || failures >= 2) return undefined;
      failures++;
      return "cut";
    });
    const renewed = () => countOf(relay, "auth/token/renew-self") > failures;
    await until(() => failures === 2 && renewed());
    await until(async () => {
      const { data } = await server.api("POST", "auth/token/lookup", { token: VAULT_TOKEN });
      return data.last_renewal_time !== undefined && data.ttl > 3;
    });
    await tokenizes(sdk);
  } finally {
    await sdk.close!();
  }
});

Deno.test("AppRole logs in once, and uses its token for all requests", async () => {
  await using relay = startRelay(server.address);
  const changes = { ...await approle("plain"), VAULT_ADDR: relay.address };
  const sdk = await vault.openSdk(changes);
  try {
    await Promise.all(Array.from({ length: 10 }, () => tokenizes(sdk)));
    assert.equal(countOf(relay, "auth/approle/login"), 1);
    const [login] = relay.requests;
    assert.deepEqual(JSON.parse(login!.body), {
      role_id: changes.VAULT_ROLE_ID,
      secret_id: changes.VAULT_SECRET_ID,
    });
    assert.equal(login!.headers.get("x-vault-token"), null);
  } finally {
    await sdk.close!();
  }
});

Deno.test("AppRole logs in again when its token is revoked, once for all concurrent requests", async () => {
  await using relay = startRelay(server.address);
  const sdk = await vault.openSdk({ ...await approle("revoked"), VAULT_ADDR: relay.address });
  try {
    const [token] = tokensIn(relay);
    await server.api("POST", "auth/token/revoke", { token });
    await Promise.all(Array.from({ length: 10 }, () => tokenizes(sdk)));
    assert.equal(countOf(relay, "auth/approle/login"), 2);
    assert.equal(tokensIn(relay).length, 2);
  } finally {
    await sdk.close!();
  }
});

Deno.test("AppRole logs in again when its token cannot be renewed any more", async () => {
  await using relay = startRelay(server.address);
  const role = await approle("short", { token_ttl: "2s", token_max_ttl: "3s" });
  const sdk = await vault.openSdk({ ...role, VAULT_ADDR: relay.address });
  try {
    await until(() => countOf(relay, "auth/approle/login") >= 2);
    assert.ok(countOf(relay, "auth/token/renew-self") >= 1);
    await tokenizes(sdk);
  } finally {
    await sdk.close!();
  }
});

Deno.test("AppRole logs in again when its token has expired unnoticed", async () => {
  await using relay = startRelay(server.address);
  const role = await approle("unnoticed", { token_ttl: "1s", token_max_ttl: "1s" });
  const sdk = await vault.openSdk({ ...role, VAULT_ADDR: relay.address }, QUICK);
  try {
    relay.misbehave(({ path }) =>
      path.endsWith("login") || path.endsWith("renew-self") ? { answer: 500 } : undefined
    );
    const [token] = tokensIn(relay);
    await until(async () => {
      return await server.api("POST", "auth/token/lookup", { token }).then(() => false, () => true);
    });
    relay.behave();
    await tokenizes(sdk);
  } finally {
    await sdk.close!();
  }
});

Deno.test("a wrong secret is refused, and the error has neither the secret nor the role", async () => {
  const role = await approle("wrong");
  const secret = crypto.randomUUID();
  const error = await errorOf(vault.openSdk({ ...role, VAULT_SECRET_ID: secret }));
  assert.equal(error.code, "token_sdk_error");
  assert.equal(
    error.message,
    "Cannot use Vault: it refuses to log in with VAULT_ROLE_ID and VAULT_SECRET_ID at auth/approle",
  );
  const said = JSON.stringify([error.stack, error.facts]);
  assert.ok(!said.includes(secret) && !said.includes(role.VAULT_ROLE_ID));
});

Deno.test("with a missing policy, AppRole logs in again once, and then the error names it", async () => {
  await using relay = startRelay(server.address);
  const role = await approle("powerless", { token_policies: ["default"] });
  const error = await errorOf(vault.openSdk({ ...role, VAULT_ADDR: relay.address }));
  assert.match(error.message, /its policies do not allow "update" on transit\/encrypt/);
  assert.ok(countOf(relay, "auth/approle/login") <= 4);
});

Deno.test("only the allowed Kubernetes service account can log in", async () => {
  await using cluster = await startTokenReviewer();
  await letLogIn(server, cluster, "tokenize-action", policy);
  const file = await Deno.makeTempFile();
  const changes = {
    ...NO_TOKEN,
    VAULT_KUBERNETES_ROLE: "tokenize",
    VAULT_KUBERNETES_TOKEN_FILE: file,
  };
  const openAs = async (jwt: string) => {
    await Deno.writeTextFile(file, jwt);
    return await vault.openSdk(changes, QUICK);
  };
  try {
    await using relay = startRelay(server.address);
    await Deno.writeTextFile(file, await cluster.sign("tokenize-action"));
    const sdk = await vault.openSdk({ ...changes, VAULT_ADDR: relay.address });
    await tokenizes(sdk);
    await server.api("POST", "auth/token/revoke", { token: tokensIn(relay)[0] });
    await tokenizes(sdk);
    assert.equal(countOf(relay, "auth/kubernetes/login"), 2);

    // as the cluster does before the old one expires
    const renewed = await cluster.sign("tokenize-action", 7200);
    await Deno.writeTextFile(file, `${renewed}\n`);
    await server.api("POST", "auth/token/revoke", { token: tokensIn(relay)[1] });
    await tokenizes(sdk);
    const logins = relay.requests.filter(({ path }) => path === "/v1/auth/kubernetes/login");
    assert.equal(logins.length, 3);
    assert.equal(JSON.parse(logins[2]!.body).jwt, renewed);

    await Deno.writeTextFile(file, "canary");
    await server.api("POST", "auth/token/revoke", { token: tokensIn(relay)[2] });
    const gone = await errorOf(Promise.resolve(sdk.tokenize(["canary"], place)));
    assert.equal(gone.code, "token_sdk_error");
    assert.match(gone.message, /VAULT_KUBERNETES_TOKEN_FILE no longer names a service account's/);
    assert.equal(countOf(relay, "auth/kubernetes/login"), 3, "nothing else is sent to Vault");
    await sdk.close!();

    const jwt = await cluster.sign("somebody-else");
    const error = await errorOf(openAs(jwt));
    assert.equal(error.code, "token_sdk_error");
    assert.equal(
      error.message,
      "Cannot use Vault: it refuses to log in with VAULT_KUBERNETES_ROLE and the service account " +
        "at auth/kubernetes",
    );
    assert.ok(!JSON.stringify([error.stack, error.facts]).includes(jwt));

    const expired = await errorOf(openAs(await cluster.sign("tokenize-action", -60)));
    assert.equal(expired.code, "token_sdk_error");
    assert.match(expired.message, /the token in VAULT_KUBERNETES_TOKEN_FILE has expired/);
  } finally {
    await Deno.remove(file);
  }
});
