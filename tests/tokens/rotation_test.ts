/** Tokens of an older key or SDK become those of the current one, in place. */
import assert from "node:assert/strict";
import { rotating, type RotationSource } from "../../src/tokens/conversion.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { assertReport } from "../support/assertions.ts";
import { dummySdk, tokenOf, useDatabase } from "../support/action_fixture.ts";
import { SAMPLE_VALUES } from "./detector_cases.ts";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";

const database = await useDatabase({ customers: true });
const { sql, openAction, valuesOf, assertUnchanged } = database;

const oldKeys = jwkSet(await sivJwk("s1"));
const keys = jwkSet(await sivJwk("s2"), await hmacJwk("h1"), await sivJwk("s1"));
const values = SAMPLE_VALUES.filter((value) => !value.includes("\0"));

/** From what to what. */
const ROTATIONS: Readonly<
  Record<string, { from: RotationSource; to: TokenSdk; before: TokenSdk }>
> = {};
for (const scope of ["global", "column"]) {
  const siv = await openKeyed("aes-siv", keys, scope);
  const old = await openKeyed("aes-siv", oldKeys, scope);
  const hmac = await openKeyed("hmac-sha256", keys, scope);
  const from = { sdk: siv, keyId: undefined };
  Object.assign(ROTATIONS, {
    [`the dummy to aes-siv, ${scope}`]: {
      from: { sdk: dummySdk, keyId: undefined },
      before: dummySdk,
      to: siv,
    },
    [`the dummy to hmac-sha256, ${scope}`]: {
      from: { sdk: dummySdk, keyId: undefined },
      before: dummySdk,
      to: hmac,
    },
    [`an old key of aes-siv to the new one, ${scope}`]: {
      from: { sdk: siv, keyId: "s1" },
      before: old,
      to: siv,
    },
    [`aes-siv, any key, to its first key, ${scope}`]: { from, before: old, to: siv },
    [`aes-siv to hmac-sha256, ${scope}`]: { from, before: siv, to: hmac },
    [`aes-siv to the dummy, ${scope}`]: { from, before: siv, to: dummySdk },
  });
}

async function fill(sdk: TokenSdk, table = "people"): Promise<void> {
  await sql.unsafe(`drop table if exists ${table}`);
  await sql.unsafe(`create table ${table} (id int primary key, v text, w text)`);
  const place = { platform: "postgres", dataset: [database.name, "public", table] };
  const v = await sdk.tokenize(values, { ...place, column: "v" });
  const w = await sdk.tokenize(values, { ...place, column: "w" });
  const ids = values.map((_, id) => id);
  const second = w.map((token, id) => id % 3 === 0 ? null : token);
  await sql`insert into ${
    sql(table)
  } select * from unnest(${ids}::int[], ${v}::text[], ${second}::text[])`;
}

for (const [title, { from, to, before }] of Object.entries(ROTATIONS)) {
  for (const commit of ["atomic", "batches"] as const) {
    Deno.test(`from ${title}, ${commit}: the tokens equal new tokens of the values`, async () => {
      await fill(before);
      // texts that only begin like tokens, in a batch and too long for one
      const [short, long] = ["tok_%%_poc", `tk1_siv_g_s1_${"%".repeat(9000)}`];
      await sql`insert into people values
        (-1, 'canary', ${short}), (-2, null, null), (-3, ${long}, ${`tok_${long}`})`;
      await using action = openAction({ tokenSdk: to, rotateFrom: from });
      const dry = await assertUnchanged(
        "people",
        () => action.tokenize("public.people", ["v", "w"], { dryRun: true }),
      );
      const first = await action.tokenize("public.people", ["v", "w"], { commit });
      const second = await action.tokenize("public.people", ["v", "w"], { commit });
      const counts = [values.length, 3, 0, 0];
      for (const { updated, skipped, foreign, lookalikes } of [dry, first]) {
        assert.deepEqual([updated, skipped, foreign, lookalikes], counts);
      }
      assert.deepEqual([first.method, second.updated], ["client", 0]);
      assert.equal(second.skipped, values.length + 3);
      for (const column of ["v", "w"]) {
        const place = {
          platform: "postgres",
          dataset: [database.name, "public", "people"],
          column,
        };
        const expected = await to.tokenize(values, place);
        const found = (await valuesOf("people", column)).slice(3);
        const present = (_: unknown, id: number) => column === "v" || id % 3 !== 0;
        assert.deepEqual(found.filter(present), expected.filter(present));
      }
      assert.deepEqual((await valuesOf("people", "v")).slice(0, 3), [long, null, "canary"]);
    });
  }
}

Deno.test("only the tokens of the named key are rotated, and others count as foreign", async () => {
  const siv = await openKeyed("aes-siv", keys);
  const third = jwkSet(await sivJwk("s3"), await sivJwk("s2"), await sivJwk("s1"));
  const to = await openKeyed("aes-siv", third);
  await fill(siv);
  const old = await (await openKeyed("aes-siv", oldKeys)).tokenize(["Ada"], {
    platform: "",
    dataset: [],
    column: "",
  });
  await sql`insert into people values (-1, ${old[0]!}, ${tokenOf("Ada")})`;
  await using action = openAction({
    tokenSdk: to,
    rotateFrom: { sdk: to, keyId: "s1" },
  });
  const report = await action.tokenize("public.people", ["v", "w"]);
  const withW = values.filter((_, id) => id % 3 !== 0).length;
  assertReport(report, { updated: 1, foreign: values.length + withW + 1 });
});

for (const commit of ["atomic", "batches"] as const) {
  Deno.test(`${commit}: lookalikes are left alone and counted, and the rest is rotated`, async () => {
    const siv = await openKeyed("aes-siv", keys);
    await fill(await openKeyed("aes-siv", oldKeys));
    const forged = `tk1_siv_g_s1_${"A".repeat(43)}`.slice(0, 13 + 22);
    await sql`update people set v = ${forged} where id in (1, 2)`;
    await sql`update people set w = ${forged} where id = 2`;
    await using action = openAction({
      tokenSdk: siv,
      rotateFrom: { sdk: siv, keyId: "s1" },
    });
    const dry = await action.tokenize("public.people", ["v", "w"], { dryRun: true });
    const first = await action.tokenize("public.people", ["v", "w"], { commit });
    const changed = values.length - 1; // row 2 has nothing but lookalikes
    assertReport(dry, { updated: changed, skipped: 1, lookalikes: 3 });
    assertReport(first, { updated: changed, skipped: 1, lookalikes: 3 });
    const again = await assertUnchanged(
      "people",
      () => action.tokenize("public.people", ["v", "w"], { commit }),
    );
    assertReport(again, { updated: 0, lookalikes: 3 });
    assert.equal((await valuesOf("people", "v"))[1], forged);
  });
}

Deno.test("a large table with lookalikes is rotated through two connections", async () => {
  const siv = await openKeyed("aes-siv", keys);
  await sql`drop table if exists large`;
  await sql`create table large as
    select n as id, 'tok_' || translate(encode(convert_to('canary ' || n, 'UTF8'), 'base64'), E'\n', '') || '_poc' as v,
      repeat('x', 1000) as filler from generate_series(1, 10000) n`;
  await sql`update large set v = 'tok_/w==_poc' where id % 1000 = 0`; // no UTF-8
  await using action = openAction({
    tokenSdk: siv,
    rotateFrom: { sdk: dummySdk, keyId: undefined },
  });
  const report = await action.tokenize("public.large", ["v"]);
  assertReport(report, { updated: 9_990, skipped: 10, lookalikes: 10 });
  const tokens = await valuesOf("large", "v");
  const read = await siv.detokenize!(tokens as string[], {
    platform: "postgres",
    dataset: [],
    column: "",
  });
  read.forEach((value, i) => assert.equal(value, (i + 1) % 1000 === 0 ? null : `canary ${i + 1}`));
});

Deno.test("the length of the new tokens is computed from the values in the old ones", async () => {
  const value = "zoë@example.com";
  const hmac = await openKeyed("hmac-sha256", keys);
  const siv = await openKeyed("aes-siv", keys);
  const [tight] = await siv.tokenize([value], { platform: "postgres", dataset: [], column: "" });
  const old = await openKeyed("aes-siv", oldKeys);
  const [token] = await old.tokenize([value], { platform: "postgres", dataset: [], column: "" });
  await sql.unsafe(`create table narrow (id int, v varchar(${tight!.length}))`);
  await sql`insert into narrow values (1, ${token!})`;
  const from = { sdk: siv, keyId: "s1" };
  await using wide = openAction({ tokenSdk: hmac, rotateFrom: from });
  if (hmac.maxTokenLength(20) > tight!.length) {
    await wide.fails("value_too_long", "public.narrow", ["v"]);
  }
  await using action = openAction({ tokenSdk: siv, rotateFrom: from });
  assert.equal((await action.tokenize("public.narrow", ["v"])).updated, 1);
  assert.deepEqual(await valuesOf("narrow", "v"), [tight]);
});

Deno.test("one-way tokens cannot be rotated, and an SDK without an SQL expression cannot rewrite", async () => {
  const hmac = await openKeyed("hmac-sha256", keys);
  assert.throws(() => rotating({ sdk: hmac, keyId: undefined }, dummySdk), {
    code: "invalid_request",
  });
  await fill(dummySdk);
  await using action = openAction({
    tokenSdk: hmac,
    rotateFrom: { sdk: dummySdk, keyId: undefined },
  });
  await action.fails("invalid_request", "public.people", ["v"], { strategy: "rewrite" });
});
