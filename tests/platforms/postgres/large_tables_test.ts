/** A table large enough to be read from a snapshot through a second connection, with concurrent writers. */
import assert from "node:assert/strict";
import type { TokenSdk } from "../../../src/tokens/token_sdk.ts";
import { assertReport } from "../../support/assertions.ts";
import { dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { until } from "../../../scripts/servers/until.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf, createUser } = database;

/** Together more than 8 MiB. */
const ROWS = 40_000;

async function makeLarge(table: string): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text, filler text);
    insert into ${table} select n, 'canary ' || n, repeat('x', 250) from generate_series(1, ${ROWS}) n`);
}

async function valueOf(table: string, id: number): Promise<unknown> {
  const [row] = await sql.unsafe(`select name from ${table} where id = ${id}`);
  return row === undefined ? "no row" : row.name;
}

Deno.test("a large table is tokenized in full, and a second run changes nothing", async () => {
  await makeLarge("whole");
  await using action = openAction({ tokenSdk: gatedOpen() });
  const first = await action.tokenize("public.whole", ["name"]);
  assertReport(first, { updated: ROWS, skipped: 0, method: "client" });
  const second = await action.tokenize("public.whole", ["name"]);
  assertReport(second, { updated: 0, skipped: ROWS });
  const expected = Array.from({ length: ROWS }, (_, i) => tokenOf(`canary ${i + 1}`));
  assert.deepEqual((await valuesOf("whole", "name")).toSorted(), expected.toSorted());
});

Deno.test("rows of a large table are not locked until they are written", async () => {
  await makeLarge("unlocked");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.unlocked", ["name"]);
  await gate.reached;
  const free = await sql`select count(*)::int as rows from (
    select from unlocked for update skip locked) free`;
  assert.equal(free[0]!.rows, ROWS);
  gate.open();
  assert.equal((await run).updated, ROWS);
});

Deno.test("rows that others change after the snapshot are tokenized in their new version", async () => {
  await makeLarge("moved");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.moved", ["name"]);
  await gate.reached;
  await sql`update moved set name = 'newer' where id in (1, 39000)`;
  await sql`update moved set name = ${tokenOf("their own")} where id = 39001`;
  await sql`update moved set name = null where id = 39002`;
  await sql`update moved set filler = 'changed' where id = 39003`;
  await sql`delete from moved where id = 39004`;
  await sql`insert into moved values (90000, 'inserted', '')`;
  await sql`vacuum moved`;
  await sql`insert into moved select 90001, 'inserted after the vacuum', ''`;
  gate.open();
  await run;
  assert.equal(await valueOf("moved", 1), tokenOf("newer"));
  assert.equal(await valueOf("moved", 2), tokenOf("canary 2"));
  assert.equal(await valueOf("moved", 39000), tokenOf("newer"));
  assert.equal(await valueOf("moved", 39001), tokenOf("their own"));
  assert.equal(await valueOf("moved", 39002), null);
  assert.equal(await valueOf("moved", 39003), tokenOf("canary 39003"));
  assert.equal(await valueOf("moved", 39004), "no row");
  assert.equal(await valueOf("moved", 90000), tokenOf("inserted"));
  assert.equal(await valueOf("moved", 90001), tokenOf("inserted after the vacuum"));
  assert.equal((await action.tokenize("public.moved", ["name"])).updated, 0);
});

Deno.test("a change that the run waited for is not overwritten with the token of the old value", async () => {
  await makeLarge("waited");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  await using writer = database.connect();
  const run = action.tokenize("public.waited", ["name"]);
  await gate.reached;
  await writer`begin`;
  await writer`update waited set name = 'theirs' where id = 10`;
  await writer`update waited set name = 'theirs' where id = 20000`;
  await writer`delete from waited where id = 11`;
  gate.open();
  await database.untilBlocked();
  await writer`commit`;
  await run;
  assert.equal(await valueOf("waited", 10), tokenOf("theirs"));
  assert.equal(await valueOf("waited", 20000), tokenOf("theirs"));
  assert.equal(await valueOf("waited", 11), "no row");
  assert.equal((await action.tokenize("public.waited", ["name"])).updated, 0);
});

Deno.test("a failure in the middle of a large table changes nothing and leaves no session open", async () => {
  await makeLarge("guarded");
  await sql`alter table guarded add check (id <> 30000 or name not like 'tok%')`;
  await using action = openAction();
  await action.fails("constraint_violation", "public.guarded", ["name"]);
  const [left] = await sql`select count(*)::int as rows from guarded where name like 'canary%'`;
  assert.equal(left!.rows, ROWS);
  assert.ok((await database.sessions()).every(({ state }) => state === "idle"));
});

Deno.test("a slow SDK receives up to three batches at the same time", async () => {
  await makeLarge("ahead");
  const gate = Promise.withResolvers<void>();
  let [underWay, most] = [0, 0];
  const tokenSdk: TokenSdk = {
    pattern: dummySdk.pattern,
    maxTokenLength: dummySdk.maxTokenLength,
    async tokenize(values, context) {
      most = Math.max(most, ++underWay);
      await gate.promise;
      underWay--;
      return await dummySdk.tokenize(values, context);
    },
  };
  await using action = openAction({ tokenSdk });
  const run = action.tokenize("public.ahead", ["name"]);
  await until(() => underWay === 3);
  gate.resolve();
  assert.equal((await run).updated, ROWS);
  assert.equal(most, 3);
});

Deno.test("without a second connection a large table is read through the first", async () => {
  await makeLarge("alone");
  const user = await createUser("grant select, update on alone to $user");
  await sql.unsafe(`alter role ${user.name} connection limit 1`);
  await using action = openAction({ as: user });
  const report = await action.tokenize("public.alone", ["name"]);
  assertReport(report, { updated: ROWS, skipped: 0 });
});

function gatedOpen() {
  const gate = gatedSdk();
  gate.open();
  return gate.sdk;
}
