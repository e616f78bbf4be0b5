/** Column types: which are taken, which are refused before anything is read, and how long is too long. */
import assert from "node:assert/strict";
import {
  changesNothing,
  openAction,
  openDatabase,
  tokenOf,
  valuesOf,
} from "../../support/action_fixture.ts";

const database = await openDatabase({ customers: false });
const { sql } = database;
Deno.test.afterAll(() => database.drop());

/** pushdown_test.ts runs these tests once more, with the tokens made inside the database. */
const pushdown = import.meta.url.endsWith("?pushdown");

const hasExtension = async (name: string) =>
  (await sql`select from pg_available_extensions where name = ${name}`).length > 0;
const hasIcu = (await sql`select from pg_collation where collprovider = 'i'`).length > 0;
const noCitext = !await hasExtension("citext");

Deno.test("text, varchar, char and domains over them hold tokens", async () => {
  await sql.unsafe(`
    create domain email_address as varchar(60) check (value <> '');
    create domain work_email_address as email_address;
    create domain note as text;
    create table types (id int, a text, b varchar, c varchar(40), d char(40), e bpchar,
      f email_address, g work_email_address, h note);
    insert into types values (1, 'Ada', 'Ada', 'Ada', 'Ada', 'Ada', 'Ada', 'Ada', 'Ada')`);
  await using action = openAction(database.url, { pushdown });
  const columns = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const report = await action.tokenize("public.types", columns);
  assert.deepEqual([report.updated, report.skipped], [1, 0]);
  for (const column of columns) {
    assert.deepEqual(await valuesOf(sql, "types", column), [tokenOf("Ada")], column);
  }
  assert.equal((await action.tokenize("public.types", columns)).updated, 0);
});

Deno.test("char(n) is tokenized without its padding", async () => {
  await sql`create table padded (id int, code char(30), other text)`;
  await sql`insert into padded values (1, 'ab', 'x'), (2, 'ab   ', null), (3, '', 'y')`;
  await using action = openAction(database.url, { pushdown });
  assert.equal((await action.tokenize("public.padded", ["code"])).updated, 3);
  const tokens = [tokenOf("ab"), tokenOf("ab"), tokenOf("")];
  assert.deepEqual(await valuesOf(sql, "padded", "code"), tokens);
  const again = await action.tokenize("public.padded", ["code", "other"]);
  assert.deepEqual([again.updated, again.skipped], [2, 1]);
  assert.deepEqual(await valuesOf(sql, "padded", "code"), tokens);
});

const SHORT: Readonly<Record<string, string>> = {
  "varchar(n)": "varchar(20)",
  "char(n)": "char(20)",
  "a domain over varchar(n)": "short_text",
  "a domain over such a domain": "shorter_text",
};
await sql.unsafe(
  `create domain short_text as varchar(20); create domain shorter_text as short_text`,
);

for (const [title, type] of Object.entries(SHORT)) {
  Deno.test(`${title} too short for a token is refused, its column named`, async () => {
    await sql`drop table if exists short`;
    await sql.unsafe(`create table short (id int, first text, second ${type})`);
    await sql`insert into short values (1, 'canary', 'x'), (2, 'canary', 'canary 4567')`;
    await using action = openAction(database.url, { pushdown });
    for (const dryRun of [true, false]) {
      const error = await changesNothing(
        sql,
        "short",
        () => action.fails("value_too_long", "public.short", ["first", "second"], { dryRun }),
      );
      assert.match(error.message, /column "second" holds 20 characters, .* tokens of up to 24$/);
    }
  });
}

Deno.test("a column just long enough for its longest token is taken", async () => {
  await sql`create table enough (id int, value varchar(24))`;
  await sql`insert into enough values (1, 'twelve bytes'), (2, 'éééééé'), (3, null)`;
  await using action = openAction(database.url, { pushdown });
  assert.equal((await action.tokenize("public.enough", ["value"])).updated, 2);
  assert.deepEqual(await valuesOf(sql, "enough", "value"), [
    tokenOf("twelve bytes"),
    tokenOf("éééééé"),
    null,
  ]);
});

Deno.test("a column too short is taken where it holds nothing but tokens and NULL", async () => {
  await sql`create table no_need (id int, value varchar(8))`;
  await sql`insert into no_need values (1, 'tok__poc'), (2, null)`;
  await using action = openAction(database.url, { pushdown });
  const report = await action.tokenize("public.no_need", ["value"]);
  assert.deepEqual([report.updated, report.skipped], [0, 2]);
});

await sql.unsafe(`
  create type mood as enum ('happy', 'canary');
  create type address as (street text);
  create domain amount as int;
  create schema own;
  create type own.citext as enum ('canary');
  create type own.text as (canary int);
`);
const REFUSED = {
  "integer": ["int", "42"],
  "numeric": ["numeric", "1.5"],
  "boolean": ["boolean", "true"],
  "date": ["date", "'2026-01-01'"],
  "an array of text": ["text[]", "'{canary}'"],
  "json": ["json", `'"canary"'`],
  "jsonb": ["jsonb", `'"canary"'`],
  "bytea": ["bytea", "'canary'"],
  "uuid": ["uuid", "gen_random_uuid()"],
  "xml-like name": ["name", "'canary'"],
  "one byte": [`"char"`, "'c'"],
  "an enum": ["mood", "'canary'"],
  "a composite type": ["address", "row('canary')"],
  "a domain over integer": ["amount", "1"],
  "an enum that is named citext": ["own.citext", "'canary'"],
  "a composite type that is named text": ["own.text", "row(1)"],
} as const;

for (const [title, [type, value]] of Object.entries(REFUSED)) {
  Deno.test(`a column of ${title} (${type}) is refused`, async () => {
    await sql`drop table if exists refused`;
    await sql.unsafe(`create table refused (id int, good text, bad ${type})`);
    await sql.unsafe(`insert into refused values (1, 'canary', ${value})`);
    await using action = openAction(database.url, { pushdown });
    const error = await changesNothing(
      sql,
      "refused",
      () => action.fails("column_not_tokenizable", "public.refused", ["good", "bad"]),
    );
    assert.match(error.message, /column "bad" is of type/);
  });
}

Deno.test("a generated column is refused, one it is made from is not", async () => {
  await sql`create table generated (id int, value text, loud text generated always as
    (upper(value)) stored)`;
  await sql`insert into generated values (1, 'canary')`;
  await using action = openAction(database.url, { pushdown });
  const error = await changesNothing(
    sql,
    "generated",
    () => action.fails("column_not_tokenizable", "public.generated", ["loud"]),
  );
  assert.match(error.message, /column "loud" is generated from other columns$/);
  await action.tokenize("public.generated", ["value"]);
  assert.deepEqual(await valuesOf(sql, "generated", "loud"), [tokenOf("canary").toUpperCase()]);
});

Deno.test("a generated column that cannot compute with tokens is a violation", async () => {
  await sql`create table computing (id int, value text, number int generated always as
    (value::int) stored)`;
  await sql`insert into computing values (1, '42')`;
  await using action = openAction(database.url, { pushdown });
  const error = await changesNothing(
    sql,
    "computing",
    () => action.fails("constraint_violation", "public.computing", ["value"]),
  );
  assert.match(error.message, /generated column cannot compute with the tokens/);
});

Deno.test({
  name: `citext is tokenized by exact spelling${noCitext ? " (skipped: no extension citext)" : ""}`,
  ignore: noCitext,
  async fn() {
    await sql`create schema if not exists extensions`;
    await sql`create extension citext schema extensions`;
    await sql.unsafe(`
      create domain citext_address as extensions.citext;
      create table insensitive (id int, value extensions.citext, address citext_address);
      insert into insensitive values (1, 'Ada', 'Ada'), (2, 'ADA', null), (3, 'TOK_QWRH_POC', null),
        (4, 'tok_QWRh_poc', null), (5, null, 'ada')`);
    await using action = openAction(database.url, { pushdown });
    const report = await action.tokenize("public.insensitive", ["value", "address"]);
    assert.deepEqual([report.updated, report.skipped], [4, 1]);
    assert.deepEqual(await valuesOf(sql, "insensitive", "value"), [
      tokenOf("Ada"),
      tokenOf("ADA"),
      tokenOf("TOK_QWRH_POC"),
      "tok_QWRh_poc",
      null,
    ]);
    assert.deepEqual(await valuesOf(sql, "insensitive", "address"), [
      tokenOf("Ada"),
      null,
      null,
      null,
      tokenOf("ada"),
    ]);
    const again = await action.tokenize("public.insensitive", ["value", "address"]);
    assert.deepEqual([again.updated, again.skipped], [0, 5]);
  },
});

Deno.test({
  name: `a nondeterministic collation changes nothing${hasIcu ? "" : " (skipped: no ICU)"}`,
  ignore: !hasIcu,
  async fn() {
    await sql.unsafe(`
      create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
      create table collated (id int, value text collate loose);
      insert into collated values (1, 'Zoe'), (2, 'zoë'), (3, 'TOK_QWRH_POC'), (4, 'tok_QWRh_poc')`);
    await using action = openAction(database.url, { pushdown });
    const report = await action.tokenize("public.collated", ["value"]);
    assert.deepEqual([report.updated, report.skipped], [3, 1]);
    assert.deepEqual(await valuesOf(sql, "collated", "value"), [
      tokenOf("Zoe"),
      tokenOf("zoë"),
      tokenOf("TOK_QWRH_POC"),
      "tok_QWRh_poc",
    ]);
    assert.equal((await action.tokenize("public.collated", ["value"])).updated, 0);
  },
});

Deno.test("a column that does not exist is not found, nor is a dropped or a system one", async () => {
  await sql`create table columns (id int, value text, gone text)`;
  await sql`alter table columns drop column gone`;
  await using action = openAction(database.url, { pushdown });
  for (const column of ["missing", "gone", "........pg.dropped.3........", "ctid", "xmin"]) {
    const error = await action.fails("column_not_found", "public.columns", ["value", column]);
    assert.match(error.message, new RegExp(`it has no column "${column}"$`));
  }
});

Deno.test("a row too large for its page once it holds tokens changes nothing", async () => {
  const columns = Array.from({ length: 100 }, (_, i) => `c${i}`);
  await sql.unsafe(`create table wide (${columns.map((name) => `${name} text`).join(", ")})`);
  for (const name of columns) {
    await sql.unsafe(`alter table wide alter ${name} set storage plain`);
  }
  await sql.unsafe(
    `insert into wide select ${columns.map(() => "repeat('canary', 11)").join(", ")}`,
  );
  await using action = openAction(database.url, { pushdown });
  await changesNothing(sql, "wide", () => action.fails("value_too_long", "public.wide", columns));
});
