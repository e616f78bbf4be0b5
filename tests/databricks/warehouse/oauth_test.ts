/** The stand-in's OAuth endpoints for machines, and the tokens they give. */
import assert from "node:assert/strict";
import { standInTest } from "../stand_in.ts";
import type { Door, WarehouseAddress } from "../../../scripts/servers/warehouse/control.ts";
import * as faults from "../../../scripts/servers/warehouse/faults.ts";

interface TokenReply {
  readonly access_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
}

function requestToken(
  address: WarehouseAddress,
  changes: { readonly door?: Door; readonly secret?: string; readonly scope?: string } = {},
): Promise<Response> {
  const { door = "warehouse", secret = address.oauthClientSecret, scope = "all-apis" } = changes;
  return fetch(`https://${address.host}:${address.ports[door]}/oidc/v1/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${address.oauthClientId}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope }),
  });
}

async function tokenFor(address: WarehouseAddress, door?: Door): Promise<string> {
  const reply = await (await requestToken(address, { door })).json() as TokenReply;
  return reply.access_token ?? assert.fail(`no token: ${reply.error}`);
}

standInTest("client credentials get a token that the warehouse accepts", async ({
  control,
  openDriver,
}) => {
  const { address } = control;
  await using driver = await openDriver({ token: () => tokenFor(address, "tokens") });
  assert.deepEqual(await driver.run("SELECT 1 AS one"), [{ one: 1 }]);
  const requests = await control.requests();
  assert.deepEqual(
    requests.filter(({ method }) => method === "oauth_token").map(({ door }) => door),
    ["tokens"],
  );
  const bearers = requests.filter(({ door }) => door === "warehouse");
  assert.ok(bearers.every(({ authorization }) => authorization?.startsWith("Bearer ey")));
});

standInTest("the token contains its expiry, where the driver reads it", async ({
  control,
}) => {
  await control.setOauthTokenLifetime(120);
  const [, claims = ""] = (await tokenFor(control.address)).split(".");
  const bytes = Uint8Array.fromBase64(claims, { alphabet: "base64url" });
  const { exp, iat } = JSON.parse(new TextDecoder().decode(bytes)) as { exp: number; iat: number };
  assert.equal(exp - iat, 120);
});

standInTest("the endpoints are found by discovery", async ({ control }) => {
  const { host, ports } = control.address;
  const origin = `https://${host}:${ports.warehouse}`;
  const response = await fetch(`${origin}/oidc/.well-known/oauth-authorization-server`);
  const { token_endpoint } = await response.json() as { token_endpoint: string };
  assert.equal(token_endpoint, `${origin}/oidc/v1/token`);
});

standInTest("a wrong secret and a wrong scope are refused", async ({ control }) => {
  const wrongSecret = await requestToken(control.address, { secret: "dose-wrong" });
  assert.equal(wrongSecret.status, 401);
  assert.equal((await wrongSecret.json() as TokenReply).error, "invalid_client");
  const wrongScope = await requestToken(control.address, { scope: "sql" });
  assert.equal(wrongScope.status, 400);
  assert.equal((await wrongScope.json() as TokenReply).error, "invalid_scope");
});

standInTest("a revoked token is no longer accepted", async (standIn) => {
  const { control, openDriver } = standIn;
  const token = await tokenFor(control.address);
  await control.revokeOauthTokens();
  await assert.rejects(openDriver({ token }), { statusCode: 401 });
});

standInTest("the token endpoint can fail like the warehouse", async ({ control }) => {
  await control.addFault(faults.unavailable(3, { methods: ["oauth_token"] }));
  const response = await requestToken(control.address);
  await response.body?.cancel();
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "3");
  assert.ok(await tokenFor(control.address));
});
