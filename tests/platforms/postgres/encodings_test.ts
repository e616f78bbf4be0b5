/** Databases with other encodings than UTF-8: tokens are made from the text, not from the stored bytes. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { openAction, tokenOf } from "../../support/action_fixture.ts";
import { createTestDatabase } from "../../support/test_database.ts";

const inEncoding = (encoding: string) => createTestDatabase({ encoding });

for (
  const [encoding, text] of [["LATIN1", "Zoë Ångström"], ["WIN1251", "Мария"], ["EUC_JP", "静香"]]
) {
  Deno.test(`a ${encoding} database gets the same tokens as a UTF-8 database`, async () => {
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

Deno.test("the length of a token is computed from UTF-8 in every encoding", async () => {
  await using database = await inEncoding("LATIN1");
  const { sql } = database;
  await sql`create table short (id int, name varchar(20))`;
  await sql`insert into short values (1, 'ééééé')`;
  await using action = openAction(database.url);
  const error = await action.fails("value_too_long", "public.short", ["name"]);
  assert.match(error.message, /column "name" holds 20 characters/); // 16 would do for 5 bytes
});

Deno.test("pushdown in a LATIN1 database gives the same tokens", async () => {
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

Deno.test("a name that the database's encoding cannot represent is not found", async () => {
  await using database = await inEncoding("LATIN1");
  const { sql } = database;
  await sql`create table "größe" (id int, name text)`;
  await using action = openAction(database.url);
  await action.tokenize("public.größe", ["name"]);
  await action.fails("table_not_found", "public.静香", ["name"]);
  await action.fails("table_not_found", "public.größe", ["静香"]);
});

Deno.test("an SQL_ASCII database is refused, since the encoding of its text is unknown", async () => {
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
