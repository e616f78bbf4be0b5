/** Columns that hold values beside tokens of several SDKs and keys, and what only looks like one. */
import assert from "node:assert/strict";
import { openAction, openDatabase, tokenOf, valuesOf } from "../support/action_fixture.ts";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";

const database = await openDatabase();
const { sql } = database;
Deno.test.afterAll(() => database.drop());

const place = { dataset: `${database.name}.public.mixed`, column: "v" };
const keys = jwkSet(
  await hmacJwk("h2"),
  await hmacJwk("h1"),
  await sivJwk("s2"),
  await sivJwk("s1"),
);
const open = (mode: string, scope = "global", set = keys) => openKeyed(mode, set, scope);

async function tokenBy(mode: string, scope: string, set = keys): Promise<string> {
  return (await (await open(mode, scope, set)).tokenize(["Ada"], place))[0]!;
}

/** A token of every SDK, key and scope. */
const TOKENS: Readonly<Record<string, string>> = {
  dummy: tokenOf("Ada"),
  "hmac, first key": await tokenBy("hmac-sha256", "global"),
  "hmac, another scope": await tokenBy("hmac-sha256", "column"),
  "hmac, second key": await tokenBy("hmac-sha256", "global", jwkSet(await hmacJwk("h1"))),
  "hmac, a key that is gone": await tokenBy("hmac-sha256", "global", jwkSet(await hmacJwk("h0"))),
  "siv, first key": await tokenBy("aes-siv", "global"),
  "siv, second key": await tokenBy("aes-siv", "global", jwkSet(await sivJwk("s1"))),
  "siv, a key that is gone": await tokenBy("aes-siv", "global", jwkSet(await sivJwk("s0"))),
};
/** What each SDK writes itself. */
const OWN = { dummy: "dummy", "hmac-sha256": "hmac, first key", "aes-siv": "siv, first key" };

async function fill(texts: readonly (string | null)[]): Promise<void> {
  await sql`drop table if exists mixed`;
  await sql`create table mixed (id int primary key, v text, w text)`;
  for (const [id, v] of texts.entries()) await sql`insert into mixed values (${id}, ${v}, ${v})`;
}

for (const [mode, own] of Object.entries(OWN)) {
  for (const way of ["atomic", "batches", "pushdown"] as const) {
    if (way === "pushdown" && mode !== "dummy") continue;
    Deno.test(`${mode}, ${way}: tokens of other SDKs, keys and scopes are left alone, and counted`, async () => {
      const tokens = Object.values(TOKENS);
      await fill([...tokens, "canary", null, ...tokens]);
      const tokenSdk = await open(mode);
      await using action = openAction(database.url, { tokenSdk, pushdown: way === "pushdown" });
      const commit = way === "batches" ? "batches" : "atomic";
      const foreign = 2 * 2 * (tokens.length - 1);
      const counts = { updated: 1, skipped: 2 * tokens.length + 1, foreign };

      const dry = await action.tokenize("public.mixed", ["v", "w"], { dryRun: true });
      const first = await action.tokenize("public.mixed", ["v", "w"], { commit });
      const second = await action.tokenize("public.mixed", ["v", "w"], { commit });
      const countsIn = ({ updated, skipped, foreign }: typeof dry) => ({
        updated,
        skipped,
        foreign,
      });
      assert.deepEqual([dry, first].map(countsIn), [counts, counts]);
      assert.deepEqual(countsIn(second), { updated: 0, skipped: counts.skipped + 1, foreign });
      const [made] = await tokenSdk.tokenize(["canary"], place);
      for (const column of ["v", "w"]) {
        assert.deepEqual(await valuesOf(sql, "mixed", column), [...tokens, made, null, ...tokens]);
      }
      assert.ok(TOKENS[own] !== undefined);
    });
  }
}

Deno.test("a rewrite of the whole table leaves foreign tokens as they are, and counts them", async () => {
  const tokens = Object.values(TOKENS);
  await fill([...tokens, "canary"]);
  await using action = openAction(database.url);
  const report = await action.tokenize("public.mixed", ["v"], { strategy: "rewrite" });
  assert.deepEqual([report.updated, report.foreign], [1, tokens.length - 1]);
  assert.deepEqual(await valuesOf(sql, "mixed", "v"), [...tokens, tokenOf("canary")]);
});

Deno.test("foreign tokens in a large table are counted, on each way", async () => {
  const foreign = TOKENS["siv, first key"]!;
  for (const pushdown of [true, false]) {
    await sql`drop table if exists large`;
    await sql`create table large as
      select n as id, case when n % 1000 = 0 then ${foreign} else 'canary ' || n end as v,
        repeat('x', 1000) as filler from generate_series(1, 10000) n`;
    await using action = openAction(database.url, { pushdown });
    const report = await action.tokenize("public.large", ["v"]);
    assert.deepEqual([report.updated, report.skipped, report.foreign], [9_990, 10, 10]);
    const again = await action.tokenize("public.large", ["v"]);
    assert.deepEqual([again.updated, again.skipped, again.foreign], [0, 10_000, 10]);
  }
});

Deno.test("a dry run with aes-siv tells lookalikes, which fail their authentication", async () => {
  const token = TOKENS["siv, first key"]!;
  const forged = token.slice(0, -1) + (token.endsWith("A") ? "Q" : "A");
  await fill([token, forged, "canary", TOKENS["siv, second key"]!, TOKENS["dummy"]!]);
  await using action = openAction(database.url, { tokenSdk: await open("aes-siv") });
  const dry = await action.tokenize("public.mixed", ["v", "w"], { dryRun: true });
  assert.deepEqual([dry.updated, dry.foreign, dry.lookalikes], [1, 4, 2]);
  const run = await action.tokenize("public.mixed", ["v", "w"]);
  assert.deepEqual([run.updated, run.foreign, run.lookalikes], [1, 4, undefined]);
  assert.equal((await valuesOf(sql, "mixed", "v"))[1], forged);
});
