/** What DataHub, or something else at its address, may respond, and what is made of it. */
import assert from "node:assert/strict";
import { startDatahub } from "../../../scripts/servers/datahub/datahub_server.ts";
import { freePort } from "../../../scripts/servers/free_port.ts";
import { openGms } from "../../../src/datahub/gms/gms.ts";
import { GmsError, type GmsFault } from "../../../src/datahub/gms/gms_error.ts";
import { fromLatin1 } from "../../../src/datahub/gms/poll_events.ts";
import { stateUrn } from "../../../src/datahub/gms/consumer_state.ts";
import { datasetOf } from "../../../src/datahub/gms/search.ts";
import { assertErrorMessage, assertLeaksNothing } from "../../support/assertions.ts";

async function faultOf(work: Promise<unknown>): Promise<GmsError> {
  const error = await work.then(() => assert.fail("it succeeded"), (error: unknown) => error);
  assert.ok(error instanceof GmsError, String(error));
  assertErrorMessage(error.message);
  assertLeaksNothing(error.message, "the error");
  return error;
}

Deno.test("every kind of failure has its fault, and none quotes the response or the token", async () => {
  await using datahub = startDatahub();
  const gms = openGms({ url: datahub.url, token: datahub.token });
  const faults: [Parameters<typeof datahub.faults.order>[1], GmsFault, boolean][] = [
    [{ kind: "status", status: 400 }, "unexpected", false],
    [{ kind: "status", status: 401 }, "unauthorized", false],
    [{ kind: "status", status: 403 }, "forbidden", false],
    [{ kind: "status", status: 404 }, "not_found", false],
    [{ kind: "status", status: 429, retryAfterSeconds: 7 }, "busy", true],
    [{ kind: "status", status: 503 }, "server_error", true],
    [{ kind: "redirect", location: "http://127.0.0.1:1/" }, "unexpected", false],
    [{ kind: "html" }, "unexpected", false],
    [{ kind: "cut" }, "unreachable", true],
  ];
  for (const [fault, expected, isTransient] of faults) {
    datahub.faults.order(/./, fault, 1);
    const error = await faultOf(gms.send({ method: "GET", path: "/openapi/v3/entity/x/y" }));
    assert.deepEqual([error.fault, error.isTransient], [expected, isTransient], error.message);
    if (expected === "busy") assert.equal(error.retryAfterSeconds, 7);
  }
});

Deno.test("a server that is not there, or does not respond, is unreachable", async () => {
  const nobody = openGms({ url: `http://127.0.0.1:${freePort()}`, token: undefined });
  const error = await faultOf(nobody.send({ method: "GET", path: "/" }));
  assert.equal(error.reason, "the connection is refused");
  await using datahub = startDatahub();
  datahub.faults.order(/./, { kind: "slow", delayMs: 1000 }, 1);
  const gms = openGms({ url: datahub.url, token: datahub.token });
  const late = await faultOf(gms.send({ method: "GET", path: "/", timeoutMs: 100 }));
  assert.equal(late.reason, "it does not respond in time");
});

Deno.test("a signal ends a request with its own reason", async () => {
  await using datahub = startDatahub();
  datahub.faults.order(/./, { kind: "slow", delayMs: 1000 }, 1);
  const gms = openGms({ url: datahub.url, token: datahub.token });
  const reason = new Error("it is a test");
  const work = gms.send({ method: "GET", path: "/", signal: AbortSignal.abort(reason) });
  await assert.rejects(work, reason);
});

Deno.test("a GraphQL response with an error is none, even with data", async () => {
  await using datahub = startDatahub();
  const gms = openGms({ url: datahub.url, token: datahub.token });
  const error = await faultOf(gms.graphql("query { unknown(a: 1) }"));
  assert.match(error.reason, /HTTP status 400|GraphQL document/);
});

Deno.test("payloads are UTF-8 that was written as ISO-8859-1; others stay as they are", () => {
  assert.equal(fromLatin1("prÃ©nom"), "prénom");
  assert.equal(fromLatin1("plain"), "plain");
  assert.equal(fromLatin1("日本"), "日本");
  assert.equal(fromLatin1("caf\u00e9"), "café", "no UTF-8 as ISO-8859-1");
});

Deno.test("the offset is kept where DataHub's own event source keeps it", () => {
  // computed by `datahub_guid` of acryl-datahub 1.7.0.17
  const known = {
    "tokenize-action": "37a8cf4cff116a4f001e78f4a5ed1c74",
    "prénom consumer": "0e49f8f018844841d2b4cf4e0f2e161c",
  };
  for (const [consumer, md5] of Object.entries(known)) {
    assert.equal(stateUrn({ consumer, resource: "state" }), `urn:li:platformResource:${md5}`);
  }
});

Deno.test("a column's URN leads to its dataset, and others lead nowhere", () => {
  const dataset = "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c%2C,PROD)";
  assert.equal(datasetOf(`urn:li:schemaField:(${dataset},net%2C gross %28EUR%29)`), dataset);
  for (
    const other of [dataset, "urn:li:schemaField:(urn:li:chart:(a,b),c)", "urn:li:schemaField:(("]
  ) {
    assert.equal(datasetOf(other), undefined);
  }
});
