/** Requests that a web page makes a browser send: from another site, or to a name that resolves to this host. */
import assert from "node:assert/strict";
import { type ApiResponse, codeOf, openApi, urn } from "./action_api.ts";

const TRIGGER = { dataset_urn: urn("app.public.customers"), columns: ["email"] };
const TRIGGER_TOKEN = "correct-horse-battery-staple";
/** What the trigger comes to if it is accepted: no platform is configured. */
const ACCEPTED = [503, "platform_not_configured"];
const DENIED = [403, "permission_denied"];

type Headers = Record<string, string>;

async function trigger(environment: Headers, headers: Headers): Promise<ApiResponse> {
  await using api = openApi(environment);
  return await api.trigger(TRIGGER, headers);
}

function outcomeOf(response: ApiResponse): [number, string] {
  return [response.status, codeOf(response)];
}

const HOSTS:
  readonly (readonly [string, Headers, accepted: readonly string[], denied: readonly string[]])[] =
    [
      [
        "on a loopback address",
        { PORT: "8080" },
        ["127.0.0.1:8080", "localhost:8080", "LOCALHOST.:8080", "[::1]:8080", "127.0.0.2:8080"],
        [
          "attacker.example:8080",
          "attacker.example",
          "localhost.attacker.example:8080",
          "127.0.0.1.attacker.example:8080",
          "192.0.2.1:8080",
          "0.0.0.0:8080",
          "localhost",
          "localhost:8081",
          "",
        ],
      ],
      ["on port 80", { PORT: "80", HOST: "::1" }, ["localhost", "[::1]", "[::1]:80"], [
        "localhost:8080",
      ]],
    ];

for (const [where, environment, accepted, denied] of HOSTS) {
  Deno.test(`${where}, without a token, only host names of this machine are accepted`, async () => {
    for (const host of accepted) {
      assert.deepEqual(outcomeOf(await trigger(environment, { host })), ACCEPTED, host);
    }
    for (const host of denied) {
      const response = await trigger(environment, { host });
      assert.deepEqual(outcomeOf(response), DENIED, host);
      assert.equal(response.json.run_id, undefined);
      assert.match(response.json.detail, /its Host is not .*TRIGGER_TOKEN/);
    }
  });
}

Deno.test("with a token any host name is accepted, since a proxy may set it", async () => {
  const authorization = `Bearer ${TRIGGER_TOKEN}`;
  for (const host of ["tokenize.example.com", "tokenize-action.ns.svc:8080"]) {
    const response = await trigger({ TRIGGER_TOKEN }, { host, authorization });
    assert.deepEqual(outcomeOf(response), ACCEPTED, host);
  }
});

Deno.test("with ALLOW_ANONYMOUS on all addresses, only a browser must name an address or HOST", async () => {
  const environment = { HOST: "0.0.0.0", ALLOW_ANONYMOUS: "true" };
  const service = "tokenize-action.ns.svc:8080";
  const page = (host: string) => ({ host, origin: `http://${host}` });
  assert.deepEqual(outcomeOf(await trigger(environment, { host: service })), ACCEPTED);
  assert.deepEqual(outcomeOf(await trigger(environment, page(service))), DENIED);
  assert.deepEqual(outcomeOf(await trigger(environment, page("192.0.2.1:8080"))), ACCEPTED);
  assert.deepEqual(outcomeOf(await trigger(environment, page("[2001:db8::1]:8080"))), ACCEPTED);
  const named = { ...environment, HOST: "Build-Box" };
  assert.deepEqual(outcomeOf(await trigger(named, page("build-box:8080"))), ACCEPTED);
});

const OWN = "127.0.0.1:8080";

Deno.test("a request from a page of another origin is refused, with or without a token", async () => {
  const foreign: readonly Headers[] = [
    { origin: "https://attacker.example" },
    { origin: "http://127.0.0.1:3000" },
    { origin: "http://localhost:8080" }, // the same machine, but not the same origin
    { origin: "null" },
    { origin: "canary" },
    { origin: "https://attacker.example", "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" }, // as another port of this machine is
    { "sec-fetch-site": "" },
  ];
  for (const environment of [{}, { TRIGGER_TOKEN }] as Headers[]) {
    for (const headers of foreign) {
      const authorization = `Bearer ${TRIGGER_TOKEN}`;
      const response = await trigger(environment, { ...headers, authorization, host: OWN });
      assert.deepEqual(outcomeOf(response), DENIED, JSON.stringify(headers));
      assert.match(response.json.detail, /another origin/);
    }
  }
});

Deno.test("a request from a page of this server, or from no page, is accepted", async () => {
  const own: readonly Headers[] = [
    {},
    { origin: `http://${OWN}` },
    { origin: `http://${OWN}`, "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of own) {
    const response = await trigger({}, { ...headers, host: OWN });
    assert.deepEqual(outcomeOf(response), ACCEPTED, JSON.stringify(headers));
  }
  const authorization = `Bearer ${TRIGGER_TOKEN}`;
  const behindTls = { host: "t.example", origin: "https://t.example", authorization };
  assert.deepEqual(outcomeOf(await trigger({ TRIGGER_TOKEN }, behindTls)), ACCEPTED);
});

Deno.test("every path is protected except the public ones", async () => {
  await using api = openApi();
  const headers = { host: "attacker.example", origin: "https://attacker.example" };
  for (const path of ["/healthz", "/readyz", "/openapi.json"]) {
    assert.notEqual((await api.send("GET", path, { headers })).status, 403, path);
  }
  for (const method of ["GET", "POST", "DELETE"]) {
    const response = await api.send(method, "/runs", { headers: { host: "attacker.example" } });
    assert.deepEqual(outcomeOf(response), DENIED, method);
  }
  const refused = api.observations.filter(({ event }) => event === "request_refused");
  assert.ok(refused.length > 0);
  assert.doesNotMatch(JSON.stringify(api.observations), /attacker/);
});
