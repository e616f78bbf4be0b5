/** Every way in which a trigger is refused before a run starts, and what the response says. */
import assert from "node:assert/strict";
import { codeOf, openApi, urn } from "./action_api.ts";

const good = { dataset_urn: urn("app.public.customers"), columns: ["email"] };

/** Bodies that are JSON but not a trigger, with what the detail must name. */
const WRONG_BODIES: readonly (readonly [string, unknown, RegExp])[] = [
  ["an array", [good], /expected object, received array/],
  ["a string", '"canary"', /expected object, received string/],
  ["null", "null", /expected object, received null/],
  ["no fields", {}, /dataset_urn: .*; columns: /],
  ["a URN that is a number", { ...good, dataset_urn: 42 }, /dataset_urn: .* received number/],
  ["an empty URN", { ...good, dataset_urn: "" }, /dataset_urn: /],
  ["a URN of 5,000 characters", { ...good, dataset_urn: "canary".repeat(834) }, /dataset_urn: /],
  ["columns that are a string", { ...good, columns: "canary" }, /columns: .* received string/],
  ["no column", { ...good, columns: [] }, /columns: /],
  ["a column that is null", { ...good, columns: ["email", null] }, /columns\.1: .* received null/],
  ["an empty column name", { ...good, columns: [""] }, /columns\.0: /],
  ["too many columns", { ...good, columns: Array(1601).fill("canary") }, /columns: /],
  ["dry_run that is a string", { ...good, dry_run: "canary" }, /dry_run: .* received string/],
  ["a way to commit that is not built", { ...good, commit: "canary" }, /commit: /],
  ["a strategy that is not built", { ...good, strategy: "canary" }, /strategy: /],
  ["an unknown field", { ...good, dryrun: true }, /unknown field "dryrun"/],
  ["several unknown fields", { ...good, a: 1, b: 2 }, /unknown fields "a", "b"/],
  ["the field __proto__", `{"__proto__": {"columns": ["email"]}}`, /unknown field "__proto__"/],
];

for (const [what, body, expected] of WRONG_BODIES) {
  Deno.test(`a trigger with ${what} is refused with the name of the field and without its value`, async () => {
    await using api = openApi();
    const response = await api.trigger(body);
    assert.deepEqual([response.status, codeOf(response)], [400, "invalid_request"]);
    assert.match(response.json.detail, expected);
    assert.equal(response.json.run_id, undefined);
  });
}

Deno.test("a body that is not JSON is refused without quoting it", async () => {
  await using api = openApi();
  for (
    const body of ["", "{", "canary", '{"dataset_urn": canary}', "\0", '{"a":1}{}', "[".repeat(1e6)]
  ) {
    const response = await api.trigger(body);
    assert.deepEqual([response.status, codeOf(response)], [400, "invalid_request"]);
    assert.match(response.json.detail, /not valid JSON$/);
  }
});

Deno.test("a body that programs may read in different ways is refused, and not quoted", async () => {
  await using api = openApi();
  const { dataset_urn: urnText } = good;
  const bodies = {
    "a name comes twice in an object": [
      `{"dataset_urn":"${urnText}","columns":["canary"],"dataset_urn":"${
        urn("app.public.canary")
      }"}`,
      `{"dataset_urn":"${urnText}","columns":["canary"],"col\\u0075mns":["email"]}`,
    ],
    "it holds half of a surrogate pair or a NUL, which no text has": [
      `{"dataset_urn":"${urnText}","columns":["canary\\ud800"]}`,
      `{"dataset_urn":"${urnText}","columns":["canary\\u0000"]}`,
      `{"dataset_urn":"canary\\udc00","columns":["email"]}`,
    ],
  };
  for (const [reason, texts] of Object.entries(bodies)) {
    for (const text of texts) {
      const response = await api.trigger(text);
      assert.deepEqual([response.status, codeOf(response)], [400, "invalid_request"], text);
      assert.equal(response.json.detail, `Cannot read the trigger: ${reason}`);
    }
  }
});

Deno.test("a compressed body is refused as what it is", async () => {
  await using api = openApi();
  for (const encoding of ["gzip", "br, gzip", "identity, gzip"]) {
    const response = await api.trigger(good, { "content-encoding": encoding });
    assert.deepEqual([response.status, codeOf(response)], [415, "unsupported_media_type"]);
    assert.match(response.json.detail, /compressed \(content-encoding\)/);
  }
  assert.notEqual((await api.trigger(good, { "content-encoding": "Identity" })).status, 415);
});

Deno.test("a body that is not UTF-8 is refused", async () => {
  await using api = openApi();
  const body = new Uint8Array([...new TextEncoder().encode('{"dataset_urn":"'), 0xff, 0x22, 0x7d]);
  const headers = { "content-type": "application/json" };
  const response = await api.send("POST", "/trigger", { body, headers });
  assert.deepEqual([response.status, codeOf(response)], [400, "invalid_request"]);
  assert.match(response.json.detail, /not valid JSON$/);
});

Deno.test("a body nested a hundred thousand levels deep is refused like any other invalid body", async () => {
  await using api = openApi();
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (const body of [deep, `{"columns": ${deep}}`, `{"dataset_urn": ${deep}}`]) {
    assert.equal(codeOf(await api.trigger(body)), "invalid_request");
  }
});

Deno.test("the detail stays short, however much is wrong", async () => {
  await using api = openApi();
  const longKey = await api.trigger({ ...good, ["k".repeat(100_000)]: 1 });
  assert.match(longKey.json.detail, /unknown field "k+…"/);
  const manyKeys = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field${i}`, i]));
  assert.match((await api.trigger({ ...good, ...manyKeys })).json.detail, /and 4995 more/);
  const manyWrong = await api.trigger({ ...good, columns: Array(1600).fill(1) });
  assert.match(manyWrong.json.detail, /and \d+ more/);
});

Deno.test("a body of one mebibyte is accepted, and one byte more is refused, with or without Content-Length", async () => {
  await using api = openApi();
  const headers = { "content-type": "application/json" };
  for (const inPieces of [false, true]) {
    for (
      const [size, code] of [[1_048_576, "platform_not_configured"], [1_048_577, "body_too_large"]]
    ) {
      const body = JSON.stringify(good).padEnd(Number(size));
      const response = await api.send("POST", "/trigger", {
        body: inPieces ? piecesOf(body) : body,
        headers: inPieces ? headers : { ...headers, "content-length": String(body.length) },
      });
      assert.equal(codeOf(response), code, `${size} bytes, in pieces: ${inPieces}`);
    }
  }
});

Deno.test("a declared length far over the limit is refused before anything is read", async () => {
  await using api = openApi();
  let pulled = 0;
  const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
  const headers = { "content-type": "application/json", "content-length": "16777217" };
  const response = await api.send("POST", "/trigger", { body, headers });
  assert.deepEqual([response.status, codeOf(response), pulled], [413, "body_too_large", 0]);
});

Deno.test("a body without an end is read only up to the limit", async () => {
  await using api = openApi();
  let pieces = 0;
  const body = new ReadableStream({
    pull(controller) {
      pieces++;
      controller.enqueue(new Uint8Array(65536));
    },
  }, { highWaterMark: 0 });
  const headers = { "content-type": "application/json" };
  const response = await api.send("POST", "/trigger", { body, headers });
  assert.deepEqual([response.status, codeOf(response), pieces], [413, "body_too_large", 257]);
});

Deno.test("a body that breaks off is the caller's error, and not logged as a defect", async () => {
  await using api = openApi();
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("canary")) });
  const headers = { "content-type": "application/json" };
  const response = await api.send("POST", "/trigger", { body, headers });
  assert.deepEqual([response.status, codeOf(response)], [400, "invalid_request"]);
  assert.deepEqual(api.observations.map(({ event }) => event), ["request_refused"]);
});

Deno.test("the content type of JSON is accepted in every spelling, and no other is", async () => {
  await using api = openApi();
  const accepted = [
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    "application/json ; charset=UTF-8",
    "application/json;",
    'application/json; charset="utf-8"; profile=x',
    "application/vnd.datahub.v1+json",
  ];
  const refused = [
    "",
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonp",
    "application/json5",
    "application/xml",
    "json",
    "application/+json",
  ];
  for (const contentType of accepted) {
    const response = await api.trigger(good, { "content-type": contentType });
    assert.equal(codeOf(response), "platform_not_configured", contentType);
  }
  for (const contentType of refused) {
    const response = await api.trigger(good, { "content-type": contentType });
    assert.deepEqual(
      [response.status, codeOf(response)],
      [415, "unsupported_media_type"],
      contentType,
    );
  }
});

Deno.test("a trigger without a content type is refused", async () => {
  await using api = openApi();
  const body = new TextEncoder().encode(JSON.stringify(good)); // text would bring one along
  const response = await api.send("POST", "/trigger", { body });
  assert.deepEqual([response.status, codeOf(response)], [415, "unsupported_media_type"]);
});

Deno.test("if a token is set, only that token is accepted, and nothing else is checked before it", async () => {
  const token = "canary-a-token-of-some-length";
  await using api = openApi({ TRIGGER_TOKEN: token });
  const wrong: readonly (readonly [string | undefined, RegExp])[] = [
    [undefined, /missing/],
    ["", /missing/],
    ["Bearer", /missing/],
    ["Bearer ", /missing/],
    [token, /missing/],
    [`Basic ${btoa(`user:${token}`)}`, /missing/],
    [`Bearer ${token} ${token}`, /missing/],
    [`Bearer ${token}x`, /wrong/],
    [`Bearer ${token.slice(0, -1)}`, /wrong/],
    [`Bearer ${token.toUpperCase()}`, /wrong/],
    ["Bearer x", /wrong/],
    [`Bearer ${"x".repeat(10_000)}`, /wrong/],
  ];
  for (const [authorization, detail] of wrong) {
    const response = await api.trigger("not even JSON", {
      "content-type": "text/plain",
      ...(authorization === undefined ? {} : { authorization }),
    });
    assert.deepEqual([response.status, codeOf(response)], [401, "unauthorized"], authorization);
    assert.match(response.json.detail, detail);
    assert.equal(response.headers.get("www-authenticate"), 'Bearer realm="tokenize-action"');
  }
  for (const authorization of [`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token}`]) {
    assert.equal(codeOf(await api.trigger(good, { authorization })), "platform_not_configured");
  }
  assert.doesNotMatch(JSON.stringify(api.observations), /canary/);
});

Deno.test("only /trigger requires the token", async () => {
  await using api = openApi({ TRIGGER_TOKEN: "a-token-of-24-characters" });
  for (const [path, status] of [["/healthz", 200], ["/readyz", 503], ["/openapi.json", 200]]) {
    assert.equal((await api.send("GET", String(path))).status, status);
  }
});

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] as const;
const ALLOWED = {
  "/healthz": ["GET", "HEAD"],
  "/readyz": ["GET", "HEAD"],
  "/openapi.json": ["GET", "HEAD"],
  "/trigger": ["POST"],
};

for (const [path, allowed] of Object.entries(ALLOWED)) {
  Deno.test(`${path} refuses every method but ${allowed.join(" and ")}, and lists the allowed ones`, async () => {
    await using api = openApi({ TRIGGER_TOKEN: "a-token-of-24-characters" });
    for (const method of METHODS.filter((method) => !allowed.includes(method))) {
      const response = await api.send(method, path);
      assert.equal(response.status, 405, method);
      assert.equal(response.headers.get("allow"), allowed.join(", "));
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      if (method !== "HEAD") assert.equal(response.json.code, "method_not_allowed");
    }
  });
}

Deno.test("an unknown path is not_found with every method, and never logged", async () => {
  await using api = openApi();
  const paths = [
    "/canary",
    "/console/canary",
    "/trigger/",
    "/trigger/x",
    "/TRIGGER",
    "//trigger",
    "/healthz/",
    "/%",
  ];
  for (const path of paths) {
    for (const method of METHODS) {
      const response = await api.send(method, path);
      assert.equal(response.status, 404, `${method} ${path}`);
      if (method !== "HEAD") assert.equal(response.json.code, "not_found");
    }
  }
  assert.doesNotMatch(JSON.stringify(api.observations), /canary/);
});

Deno.test("a refused request is one log line, with its code and nothing of its body", async () => {
  await using api = openApi();
  await api.trigger({ ...good, unknown: "canary" });
  assert.deepEqual(api.observations, [
    { event: "request_refused", code: "invalid_request", method: "POST", path: "/trigger" },
  ]);
});

/** The text as a stream, in pieces that do not end at a character's end. */
function piecesOf(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += 9_999));
    },
  });
}
