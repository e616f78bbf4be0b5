/** The index, and the pages' paths. What the pages are, in the built program, is tested by tests/console. */
import assert from "node:assert/strict";
import { openApi } from "./action_api.ts";

Deno.test("/ is an index of paths that exist, for callers that do not ask for a page", async () => {
  await using api = openApi();
  const { status, headers, json } = await api.send("GET", "/");
  assert.deepEqual([status, headers.get("vary")], [200, "accept"]);
  assert.equal(json.name, "tokenize-action");
  for (const { href } of json.links) {
    const answer = await api.send("OPTIONS", href);
    assert.equal(answer.json.code, "method_not_allowed", href);
  }
});

Deno.test("the index and the pages need no token, and take no other method", async () => {
  await using api = openApi({ TRIGGER_TOKEN: "0123456789abcdef" });
  assert.equal((await api.send("GET", "/")).status, 200);
  for (const path of ["/", "/docs", "/console/app.js"]) {
    const { status, headers } = await api.send("POST", path);
    assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"]);
  }
});

Deno.test("from source there are no pages, and the response says why", async () => {
  await using api = openApi();
  for (const [path, accept] of [["/", "text/html"], ["/docs", "*/*"], ["/docs/start.js", "*/*"]]) {
    const { status, json } = await api.send("GET", path!, { headers: { accept: accept! } });
    assert.deepEqual([status, json.code], [404, "not_found"]);
    assert.match(json.detail, /built program/);
  }
});
