/** Columns that hold values, tokens of several SDKs and keys, and lookalikes. */
import assert from "node:assert/strict";
import { assertReport } from "../support/assertions.ts";
import { tokenOf, useDatabase } from "../support/action_fixture.ts";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";

const database = await useDatabase({ customers: true });
const { sql, openAction, valuesOf } = database;

const place = { platform: "postgres", dataset: [database.name, "public", "mixed"], column: "v" };
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
  "hmac, a removed key": await tokenBy("hmac-sha256", "global", jwkSet(await hmacJwk("h0"))),
  "siv, first key": await tokenBy("aes-siv", "global"),
  "siv, second key": await tokenBy("aes-siv", "global", jwkSet(await sivJwk("s1"))),
  "siv, a removed key": await tokenBy("aes-siv", "global", jwkSet(await sivJwk("s0"))),
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
      await using action = openAction({ tokenSdk, pushdown: way === "pushdown" });
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
        assert.deepEqual(await valuesOf("mixed", column), [...tokens, made, null, ...tokens]);
      }
      assert.ok(TOKENS[own] !== undefined);
    });
  }
}

Deno.test("a rewrite of the whole table leaves foreign tokens as they are, and counts them", async () => {
  const tokens = Object.values(TOKENS);
  await fill([...tokens, "canary"]);
  await using action = openAction();
  const report = await action.tokenize("public.mixed", ["v"], { strategy: "rewrite" });
  assertReport(report, { updated: 1, foreign: tokens.length - 1 });
  assert.deepEqual(await valuesOf("mixed", "v"), [...tokens, tokenOf("canary")]);
});

Deno.test("foreign tokens in a large table are counted by each method", async () => {
  const foreign = TOKENS["siv, first key"]!;
  for (const pushdown of [true, false]) {
    await sql`drop table if exists large`;
    await sql`create table large as
      select n as id, case when n % 1000 = 0 then ${foreign} else 'canary ' || n end as v,
        repeat('x', 1000) as filler from generate_series(1, 10000) n`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.large", ["v"]);
    assertReport(report, { updated: 9_990, skipped: 10, foreign: 10 });
    const again = await action.tokenize("public.large", ["v"]);
    assertReport(again, { updated: 0, skipped: 10_000, foreign: 10 });
  }
});

Deno.test("a dry run with aes-siv reports lookalikes, which fail authentication", async () => {
  const token = TOKENS["siv, first key"]!;
  const forged = token.slice(0, -1) + (token.endsWith("A") ? "Q" : "A");
  await fill([token, forged, "canary", TOKENS["siv, second key"]!, TOKENS["dummy"]!]);
  await using action = openAction({ tokenSdk: await open("aes-siv") });
  const dry = await action.tokenize("public.mixed", ["v", "w"], { dryRun: true });
  assertReport(dry, { updated: 1, foreign: 4, lookalikes: 2 });
  const run = await action.tokenize("public.mixed", ["v", "w"]);
  assertReport(run, { updated: 1, foreign: 4, lookalikes: undefined });
  assert.equal((await valuesOf("mixed", "v"))[1], forged);
});
