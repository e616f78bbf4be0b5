/** `vault-transit` at work on real tables, through the action. */
import assert from "node:assert/strict";
import { openAction, openDatabase, valuesOf } from "../support/action_fixture.ts";
import { openTransit } from "./transit_fixture.ts";

const vault = await openTransit();
const database = await openDatabase();
const { sql } = database;
Deno.test.afterAll(async () => {
  await database.drop();
  await vault.close();
});

for (const scope of ["global", "dataset", "column"] as const) {
  Deno.test(`vault-transit in scope ${scope}: 100 updated and 0 skipped, then 0 and 100`, async () => {
    const table = `customers_${scope}`;
    await sql.unsafe(`create table ${table} as select * from customers`);
    const plain = await valuesOf(sql, table, "email");
    const tokenSdk = await vault.openSdk({ TOKEN_CONTEXT: scope });
    await using action = openAction(database.url, { tokenSdk });
    const counts = [];
    for (let time = 0; time < 2; time++) {
      const report = await action.tokenize(`public.${table}`, ["email", "phone"]);
      counts.push([report.updated, report.skipped]);
    }
    assert.deepEqual(counts, [[100, 0], [0, 100]]);
    const tokens = await valuesOf(sql, table, "email") as string[];
    const place = { dataset: `${database.name}.public.${table}`, column: "email" };
    assert.deepEqual(await tokenSdk.detokenize!(tokens, place), plain);
    await tokenSdk.close!();
  });
}

Deno.test("vault-transit: joins between two tables give the same rows", async () => {
  await sql`create table buyers as select * from customers`;
  await sql`create table orders as
    select c.email as buyer, n from customers c, generate_series(1, 1 + c.id % 3) n`;
  const join = `select c.id, o.n from buyers c join orders o on o.buyer = c.email order by 1, 2`;
  const before = [...await sql.unsafe(join)];
  const tokenSdk = await vault.openSdk();
  await using action = openAction(database.url, { tokenSdk });
  await action.tokenize("public.buyers", ["email"]);
  assert.deepEqual([...await sql.unsafe(join)], []);
  await action.tokenize("public.orders", ["buyer"]);
  assert.deepEqual([...await sql.unsafe(join)], before);
  await tokenSdk.close!();
});

Deno.test("vault-transit: a column is taken if it just holds its tokens, and refused if not", async () => {
  const tokenSdk = await vault.openSdk();
  await using action = openAction(database.url, { tokenSdk });
  const value = "zoë@example.com";
  const needed = tokenSdk.maxTokenLength(new TextEncoder().encode(value).length);
  for (const length of [needed, needed - 1]) {
    await sql`drop table if exists narrow`;
    await sql.unsafe(`create table narrow (email varchar(${length}))`);
    await sql`insert into narrow values (${value})`;
    if (length < needed) {
      await action.fails("value_too_long", "public.narrow", ["email"]);
      assert.deepEqual([...await sql`select email from narrow`], [{ email: value }]);
    } else {
      assert.equal((await action.tokenize("public.narrow", ["email"])).updated, 1);
    }
  }
  await tokenSdk.close!();
});

Deno.test("vault-transit: after a rotation in Vault old tokens are left alone, until they are rotated too", async () => {
  const key = await vault.makeKey();
  const changes = { VAULT_TRANSIT_KEY: key };
  await sql`create table rotated as select * from customers`;
  const plain = await valuesOf(sql, "rotated", "email");
  const first = await vault.openSdk(changes);
  {
    await using action = openAction(database.url, { tokenSdk: first });
    await action.tokenize("public.rotated", ["email"]);
  }
  await first.close!();
  await vault.server.api("POST", `transit/keys/${key}/rotate`);
  await sql`insert into rotated select id + 100, name, email || '.new', phone, created_at
    from customers`;

  const second = await vault.openSdk(changes);
  const versions = () =>
    sql`select split_part(email, ':', 2) as version, count(*)::int as rows
      from rotated group by 1 order by 1`;
  {
    await using action = openAction(database.url, { tokenSdk: second });
    const report = await action.tokenize("public.rotated", ["email"]);
    assert.deepEqual([report.updated, report.skipped], [100, 100]);
    assert.equal(report.foreign, 100);
  }
  assert.deepEqual([...await versions()], [{ version: "v1", rows: 100 }, {
    version: "v2",
    rows: 100,
  }]);

  const rotateFrom = { sdk: second, keyId: undefined };
  await using rotation = openAction(database.url, { tokenSdk: second, rotateFrom });
  const report = await rotation.tokenize("public.rotated", ["email"]);
  assert.deepEqual([report.updated, report.skipped], [100, 100]);
  assert.deepEqual([...await versions()], [{ version: "v2", rows: 200 }]);
  const tokens = (await valuesOf(sql, "rotated", "email")).slice(0, 100) as string[];
  const place = { dataset: `${database.name}.public.rotated`, column: "email" };
  assert.deepEqual(await second.detokenize!(tokens, place), plain);
  assert.equal((await rotation.tokenize("public.rotated", ["email"])).updated, 0);
  await second.close!();
});
