/** Databases that do not hold UTF-8: tokens are made of the text, not of the bytes it is stored in. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { openAction, tokenOf } from "../../support/action_fixture.ts";
import { createTestDatabase } from "../../support/test_database.ts";

const inEncoding = (encoding: string) => createTestDatabase({ encoding });

for (
  const [encoding, text] of [["LATIN1", "Zoë Ångström"], ["WIN1251", "Мария"], ["EUC_JP", "静香"]]
) {
  Deno.test(`a ${encoding} database gets the tokens that a UTF-8 database would`, async () => {
    await using database = await inEncoding(encoding!);
    const { sql } = database;
    await sql`create table people (id int, name text, short varchar(60))`;
    await sql`insert into people values (1, ${text!}, ${text!}), (2, 'Ada', null)`;
    await using action = openAction(database.url);
    const report = await action.tokenize("public.people", ["name", "short"]);
    assertReport(report, { updated: 2, skipped: 0 });
    assert.deepEqual(await database.valuesOf("people", "name"), [tokenOf(text!), tokenOf("Ada")]);
    assert.deepEqual(await database.valuesOf("people", "short"), [tokenOf(text!), null]);
    assert.equal((await action.tokenize("public.people", ["name", "short"])).updated, 0);
  });
}

Deno.test("tokens are measured in UTF-8, whatever the database's encoding", async () => {
  await using database = await inEncoding("LATIN1");
  const { sql } = database;
  await sql`create table short (id int, name varchar(20))`;
  await sql`insert into short values (1, 'ééééé')`;
  await using action = openAction(database.url);
  const error = await action.fails("value_too_long", "public.short", ["name"]);
  assert.match(error.message, /tokens of up to 24$/);
});

Deno.test("work done inside a LATIN1 database gives the same tokens", async () => {
  await using database = await inEncoding("LATIN1");
  const { sql } = database;
  await sql`create table people (id int, name text)`;
  await sql`insert into people values (1, 'Zoë')`;
  const user = await database.createUser(
    "grant select (name), update (name) on people to $user",
  );
  await using action = openAction(user.url);
  const report = await action.tokenize("public.people", ["name"]);
  assert.equal(report.method, "pushdown");
  assert.deepEqual(await database.valuesOf("people", "name"), [tokenOf("Zoë")]);
});

Deno.test("a name that the database's encoding cannot hold is not found", async () => {
  await using database = await inEncoding("LATIN1");
  const { sql } = database;
  await sql`create table "größe" (id int, name text)`;
  await using action = openAction(database.url);
  await action.tokenize("public.größe", ["name"]);
  await action.fails("table_not_found", "public.静香", ["name"]);
  await action.fails("table_not_found", "public.größe", ["静香"]);
});

Deno.test("an SQL_ASCII database is refused, since its bytes may mean anything", async () => {
  await using database = await inEncoding("SQL_ASCII");
  const { sql } = database;
  await sql`create table people (id int, name text)`;
  await sql`insert into people values (1, 'canary')`;
  await using action = openAction(database.url);
  const error = await database.assertUnchanged(
    "people",
    () => action.fails("table_not_supported", "public.people", ["name"]),
  );
  assert.match(error.message, /encoding is SQL_ASCII/);
});
