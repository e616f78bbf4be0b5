/** `POST /plan`: what a trigger would do, before anything is changed. */
import assert from "node:assert/strict";
import { createTestDatabase } from "../support/test_database.ts";
import { openApi, urn } from "./action_api.ts";

Deno.test("a plan counts by column, and changes nothing", async () => {
  await using database = await createTestDatabase({ customers: true });
  await using api = openApi({ PG_CONN_STR: database.url });
  const body = {
    dataset_urn: urn(`${database.name}.public.customers`),
    columns: ["email", "phone"],
  };
  const { status, json } = await database.assertUnchanged("customers", () => plan(api, body));
  assert.equal(status, 200);
  assert.deepEqual([json.possible, json.rows, json.would_update], [true, 100, 100]);
  const [email] = json.columns;
  assert.deepEqual([email.name, email.would_change, email.tokens.own], ["email", 100, 0]);
  assert.equal(
    email.looks_like.forms.email,
    email.looks_like.sampled,
    "all of them look like addresses",
  );
  assert.deepEqual((await api.send("GET", "/runs")).json.runs, [], "a plan is no run");
});

Deno.test("all that stands in the way is in the plan, by the code that the run would fail with", async () => {
  await using database = await createTestDatabase({ customers: true });
  await using api = openApi({ PG_CONN_STR: database.url });
  for (
    const [table, columns, code] of [
      ["customers", ["missing"], "column_not_found"],
      ["customers", ["id"], "column_not_tokenizable"],
      ["missing", ["email"], "table_not_found"],
    ] as const
  ) {
    const dataset_urn = urn(`${database.name}.public.${table}`);
    const { status, json } = await plan(api, { dataset_urn, columns });
    assert.deepEqual([status, json.possible], [200, false]);
    assert.deepEqual(json.obstacles.map((each: { code: string }) => each.code), [code]);
    const run = await api.trigger({ dataset_urn, columns });
    assert.equal(run.json.code, code);
  }
});

Deno.test("a plan needs the token, and a body as a trigger has it", async () => {
  await using api = openApi({ TRIGGER_TOKEN: "0123456789abcdef" });
  assert.equal((await plan(api, {})).status, 401);
  const authorization = "Bearer 0123456789abcdef";
  const { status, json } = await plan(api, { columns: "email" }, { authorization });
  assert.deepEqual([status, json.code], [400, "invalid_request"]);
});

function plan(
  api: ReturnType<typeof openApi>,
  body: unknown,
  headers: Record<string, string> = {},
) {
  return api.send("POST", "/plan", {
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
