/** Databases that do not hold UTF-8: tokens are made of the text, not of the bytes it is stored in. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { testServerUrl } from "../../support/test_database.ts";
import {
  changesNothing,
  connect,
  openAction,
  openDatabase,
  tokenOf,
  valuesOf,
} from "../../support/action_fixture.ts";

const database = await openDatabase({ customers: false });
Deno.test.afterAll(() => database.drop());

/** Runs `work` on a database of that encoding. */
async function withEncoding(
  encoding: string,
  work: (url: string, sql: Sql) => Promise<void>,
): Promise<void> {
  const name = `test_${encoding.toLowerCase()}_${crypto.randomUUID().slice(0, 8)}`;
  await database.sql.unsafe(
    `create database ${name} template template0 encoding '${encoding}' locale 'C'`,
  );
  const url = new URL(testServerUrl);
  url.pathname = `/${name}`;
  try {
    await using sql = connect(url.href);
    await work(url.href, sql);
  } finally {
    await database.sql.unsafe(`drop database ${name} with (force)`);
  }
}

for (
  const [encoding, text] of [["LATIN1", "Zoë Ångström"], ["WIN1251", "Мария"], ["EUC_JP", "静香"]]
) {
  Deno.test(`a ${encoding} database gets the tokens that a UTF-8 database would`, async () => {
    await withEncoding(encoding!, async (url, sql) => {
      await sql`create table people (id int, name text, short varchar(60))`;
      await sql`insert into people values (1, ${text!}, ${text!}), (2, 'Ada', null)`;
      await using action = openAction(url);
      const report = await action.tokenize("public.people", ["name", "short"]);
      assert.deepEqual([report.updated, report.skipped], [2, 0]);
      assert.deepEqual(await valuesOf(sql, "people", "name"), [tokenOf(text!), tokenOf("Ada")]);
      assert.deepEqual(await valuesOf(sql, "people", "short"), [tokenOf(text!), null]);
      assert.equal((await action.tokenize("public.people", ["name", "short"])).updated, 0);
    });
  });
}

Deno.test("tokens are measured in UTF-8, whatever the database's encoding", async () => {
  await withEncoding("LATIN1", async (url, sql) => {
    await sql`create table short (id int, name varchar(20))`;
    await sql`insert into short values (1, 'ééééé')`;
    await using action = openAction(url);
    const error = await action.fails("value_too_long", "public.short", ["name"]);
    assert.match(error.message, /tokens of up to 24$/);
  });
});

Deno.test("work done inside a LATIN1 database gives the same tokens", async () => {
  await withEncoding("LATIN1", async (url, sql) => {
    await sql`create table people (id int, name text)`;
    await sql`insert into people values (1, 'Zoë')`;
    const user = new URL((await database.createUser()).url);
    await sql.unsafe(`grant select (name), update (name) on people to ${user.username}`);
    user.pathname = new URL(url).pathname;
    await using action = openAction(user.href);
    const report = await action.tokenize("public.people", ["name"]);
    assert.equal(report.method, "pushdown");
    assert.deepEqual(await valuesOf(sql, "people", "name"), [tokenOf("Zoë")]);
  });
});

Deno.test("a name that the database's encoding cannot hold is not found", async () => {
  await withEncoding("LATIN1", async (url, sql) => {
    await sql`create table "größe" (id int, name text)`;
    await using action = openAction(url);
    await action.tokenize("public.größe", ["name"]);
    await action.fails("table_not_found", "public.静香", ["name"]);
    await action.fails("table_not_found", "public.größe", ["静香"]);
  });
});

Deno.test("an SQL_ASCII database is refused, since its bytes may mean anything", async () => {
  await withEncoding("SQL_ASCII", async (url, sql) => {
    await sql`create table people (id int, name text)`;
    await sql`insert into people values (1, 'canary')`;
    await using action = openAction(url);
    const error = await changesNothing(
      sql,
      "people",
      () => action.fails("table_not_supported", "public.people", ["name"]),
    );
    assert.match(error.message, /encoding is SQL_ASCII/);
  });
});
