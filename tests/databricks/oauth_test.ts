/** A service principal: access tokens are asked for, renewed, and asked for again when refused. */
import assert from "node:assert/strict";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import type { WarehouseAddress } from "../../scripts/servers/warehouse/control.ts";
import { openAction } from "./action.ts";
import { standInOnly, type StandInPlace, type TestTable, withTable } from "./place.ts";

const TEN = [
  "CREATE TABLE $t (id INT, v STRING)",
  "INSERT INTO $t SELECT id, concat('canary ', id) FROM range(10)",
];

function principalUrl(address: WarehouseAddress, changes: readonly string[] = []): string {
  return [
    `jdbc:databricks://${address.host}:${address.ports.warehouse}`,
    `httpPath=${address.httpPath}`,
    "AuthMech=11",
    "Auth_Flow=1",
    `OAuth2ClientId=${address.oauthClientId}`,
    ...changes.some((each) => each.startsWith("OAuth2Secret="))
      ? []
      : [`OAuth2Secret=${address.oauthClientSecret}`],
    ...changes,
  ].join(";");
}

const withTen = (place: StandInPlace, use: (table: TestTable) => Promise<void>) =>
  withTable(place, TEN, use);

async function tokensAsked(place: StandInPlace): Promise<number> {
  return (await place.control.requests()).filter(({ method }) => method === "oauth_token").length;
}

standInOnly(
  "a service principal logs in, and uses one token for several runs",
  (place) =>
    withTen(place, async (table) => {
      const action = openAction(place, { jdbcUrl: principalUrl(place.control.address) });
      await action.check();
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 10);
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 0);
      assert.equal(await tokensAsked(place), 1);
    }),
);

standInOnly(
  "the token endpoint may be on another host",
  (place) =>
    withTen(place, async (table) => {
      const { address } = place.control;
      const endpoint =
        `OAuth2TokenEndpoint=https://${address.host}:${address.ports.tokens}/oidc/v1/token`;
      const action = openAction(place, { jdbcUrl: principalUrl(address, [endpoint]) });
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 10);
      const asked = (await place.control.requests()).filter(({ method }) =>
        method === "oauth_token"
      );
      assert.deepEqual(asked.map(({ door }) => door), ["tokens"]);
    }),
);

standInOnly(
  "a wrong secret is database_unreachable, for /readyz too",
  (place) =>
    withTen(place, async (table) => {
      const url = principalUrl(place.control.address, ["OAuth2Secret=dose-wrong"]);
      const action = openAction(place, { jdbcUrl: url });
      const error = await action.fails("database_unreachable", table.urn, ["v"]);
      assert.match(error.message, /refuses the service principal \(HTTP 401\)/);
      await assert.rejects(action.check(), { code: "database_unreachable" });
    }),
);

standInOnly(
  "tokens are renewed before they expire, and after they were revoked",
  (place) =>
    withTen(place, async (table) => {
      await place.control.setOauthTokenLifetime(4);
      const action = openAction(place, { jdbcUrl: principalUrl(place.control.address) });
      await place.control.addFault(faults.slow(5000, { methods: ["GetOperationStatus"] }));
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 10);
      assert.ok(await tokensAsked(place) > 1);
      await place.control.setOauthTokenLifetime(3600);
      await action.tokenize(table.urn, ["v"]);
      await place.control.revokeOauthTokens();
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 0);
    }),
);

standInOnly(
  "a busy token endpoint is called again",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault({
        action: { kind: "respond", status: 429, retryAfterSeconds: 1 },
        methods: ["oauth_token"],
      });
      await place.control.addFault({
        action: { kind: "respond", status: 503 },
        methods: ["oauth_token"],
      });
      const action = openAction(place, { jdbcUrl: principalUrl(place.control.address) });
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 10);
    }),
);

standInOnly(
  "a token from elsewhere is passed through",
  (place) =>
    withTen(place, async (table) => {
      const { address } = place.control;
      const url =
        `jdbc:spark://${address.host}:${address.ports.warehouse}/default;transportMode=http;` +
        `ssl=1;httpPath=${address.httpPath};Auth_Flow=0;Auth_AccessToken=${address.token}`;
      assert.equal(
        (await openAction(place, { jdbcUrl: url }).tokenize(table.urn, ["v"])).updated,
        10,
      );
    }),
);
