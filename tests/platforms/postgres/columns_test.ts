/** Column types: which can hold tokens, which are refused before anything is read, and which are too short. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { testUnless } from "../../support/skipping.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

const SHORT: Readonly<Record<string, string>> = {
  "varchar(n)": "varchar(20)",
  "char(n)": "char(20)",
  "a domain over varchar(n)": "short_text",
  "a domain over such a domain": "shorter_text",
};

const REFUSED = {
  "integer": ["int", "42"],
  "numeric": ["numeric", "1.5"],
  "boolean": ["boolean", "true"],
  "date": ["date", "'2026-01-01'"],
  "an array of text": ["text[]", "'{canary}'"],
  "json": ["json", `'"canary"'`],
  "jsonb": ["jsonb", `'"canary"'`],
  "bytea": ["bytea", "'canary'"],
  "uuid": ["uuid", "'00000000-0000-0000-0000-000000000000'"],
  "xml-like name": ["name", "'canary'"],
  "one byte": [`"char"`, "'c'"],
  "an enum": ["mood", "'canary'"],
  "a composite type": ["address", "row('canary')"],
  "a domain over integer": ["amount", "1"],
  "an enum that is named citext": ["own.citext", "'canary'"],
  "a composite type that is named text": ["own.text", "row(1)"],
} as const;

/** The tests for one method: tokens made in the action, or inside the database. */
async function suite(method: "client" | "pushdown"): Promise<void> {
  const { sql, openAction, valuesOf, assertUnchanged } = await useDatabase();
  const pushdown = method === "pushdown";
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${method})`, fn);

  const hasExtension = async (name: string) =>
    (await sql`select from pg_available_extensions where name = ${name}`).length > 0;
  const hasIcu = (await sql`select from pg_collation where collprovider = 'i'`).length > 0;
  const noCitext = !await hasExtension("citext");

  test("more columns are tokenized at once than a function takes arguments", async () => {
    const columns = Array.from({ length: 205 }, (_, i) => `c${i}`);
    const types = columns.map((name) => `${name} text`).join(", ");
    const last = columns.at(-1)!;
    await using action = openAction({ pushdown });
    for (const commit of ["atomic", "batches"] as const) {
      await sql.unsafe(`drop table if exists many_columns;
        create table many_columns (id int primary key, ${types});
        insert into many_columns select n, ${columns.map(() => "'Ada'").join(", ")}
          from generate_series(1, 3) n;
        insert into many_columns (id, ${last}) values (4, 'Ada')`);
      const report = await action.tokenize("public.many_columns", columns, { commit });
      assertReport(report, { updated: 4, skipped: 0 });
      assert.deepEqual(await valuesOf("many_columns", last), Array(4).fill(tokenOf("Ada")));
    }
  });

  test("text, varchar, char and domains over them hold tokens", async () => {
    await sql.unsafe(`
      create domain email_address as varchar(60) check (value <> '');
      create domain work_email_address as email_address;
      create domain note as text;
      create table types (id int, a text, b varchar, c varchar(40), d char(40), e bpchar,
        f email_address, g work_email_address, h note);
      insert into types values (1, 'Ada', 'Ada', 'Ada', 'Ada', 'Ada', 'Ada', 'Ada', 'Ada')`);
    await using action = openAction({ pushdown });
    const columns = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const report = await action.tokenize("public.types", columns);
    assertReport(report, { updated: 1, skipped: 0 });
    for (const column of columns) {
      assert.deepEqual(await valuesOf("types", column), [tokenOf("Ada")], column);
    }
    assert.equal((await action.tokenize("public.types", columns)).updated, 0);
  });

  test("a value of char(n) is tokenized without its padding", async () => {
    await sql`create table padded (id int, code char(30), other text)`;
    await sql`insert into padded values (1, 'ab', 'x'), (2, 'ab   ', null), (3, '', 'y')`;
    await using action = openAction({ pushdown });
    assert.equal((await action.tokenize("public.padded", ["code"])).updated, 3);
    const tokens = [tokenOf("ab"), tokenOf("ab"), tokenOf("")];
    assert.deepEqual(await valuesOf("padded", "code"), tokens);
    const again = await action.tokenize("public.padded", ["code", "other"]);
    assertReport(again, { updated: 2, skipped: 1 });
    assert.deepEqual(await valuesOf("padded", "code"), tokens);
  });

  await sql.unsafe(
    `create domain short_text as varchar(20); create domain shorter_text as short_text`,
  );

  for (const [title, type] of Object.entries(SHORT)) {
    test(`a column of ${title} that is too short for a token is refused by name`, async () => {
      await sql`drop table if exists short`;
      await sql.unsafe(`create table short (id int, first text, second ${type})`);
      await sql`insert into short values (1, 'canary', 'x'), (2, 'canary', 'canary 4567')`;
      await using action = openAction({ pushdown });
      for (const dryRun of [true, false]) {
        const error = await assertUnchanged(
          "short",
          () => action.fails("value_too_long", "public.short", ["first", "second"], { dryRun }),
        );
        assert.match(
          error.message,
          /column "second" holds 20 characters, the tokens of some values are longer: widen it$/,
        );
      }
    });
  }

  test("a column just long enough for its longest token is tokenized", async () => {
    await sql`create table enough (id int, value varchar(24))`;
    await sql`insert into enough values (1, 'twelve bytes'), (2, 'éééééé'), (3, null)`;
    await using action = openAction({ pushdown });
    assert.equal((await action.tokenize("public.enough", ["value"])).updated, 2);
    assert.deepEqual(await valuesOf("enough", "value"), [
      tokenOf("twelve bytes"),
      tokenOf("éééééé"),
      null,
    ]);
  });

  test("a column that is too short is accepted if it holds only tokens and NULL", async () => {
    await sql`create table no_need (id int, value varchar(8))`;
    await sql`insert into no_need values (1, 'tok__poc'), (2, null)`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.no_need", ["value"]);
    assertReport(report, { updated: 0, skipped: 2 });
  });

  await sql.unsafe(`
    create type mood as enum ('happy', 'canary');
    create type address as (street text);
    create domain amount as int;
    create schema own;
    create type own.citext as enum ('canary');
    create type own.text as (canary int);
  `);
  for (const [title, [type, value]] of Object.entries(REFUSED)) {
    test(`a column of ${title} (${type}) is refused`, async () => {
      await sql`drop table if exists refused`;
      await sql.unsafe(`create table refused (id int, good text, bad ${type})`);
      await sql.unsafe(`insert into refused values (1, 'canary', ${value})`);
      await using action = openAction({ pushdown });
      const error = await assertUnchanged(
        "refused",
        () => action.fails("column_not_tokenizable", "public.refused", ["good", "bad"]),
      );
      assert.match(error.message, /column "bad" is of type/);
    });
  }

  test("a generated column is refused, but not the column it is computed from", async () => {
    await sql`create table generated (id int, value text, loud text generated always as
      (upper(value)) stored)`;
    await sql`insert into generated values (1, 'canary')`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "generated",
      () => action.fails("column_not_tokenizable", "public.generated", ["loud"]),
    );
    assert.match(error.message, /column "loud" is generated from other columns$/);
    await action.tokenize("public.generated", ["value"]);
    assert.deepEqual(await valuesOf("generated", "loud"), [tokenOf("canary").toUpperCase()]);
  });

  test("a generated column that cannot be computed from a token is a constraint violation", async () => {
    await sql`create table computing (id int, value text, number int generated always as
      (value::int) stored)`;
    await sql`insert into computing values (1, '42')`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "computing",
      () => action.fails("constraint_violation", "public.computing", ["value"]),
    );
    assert.match(error.message, /generated column cannot compute with the tokens/);
  });

  testUnless(
    noCitext ? "no extension citext" : undefined,
    "citext is tokenized by exact spelling",
    async () => {
      await sql`create schema if not exists extensions`;
      await sql`create extension citext schema extensions`;
      await sql.unsafe(`
      create domain citext_address as extensions.citext;
      create table insensitive (id int, value extensions.citext, address citext_address);
      insert into insensitive values (1, 'Ada', 'Ada'), (2, 'ADA', null), (3, 'TOK_QWRH_POC', null),
        (4, 'tok_QWRh_poc', null), (5, null, 'ada')`);
      await using action = openAction({ pushdown });
      const report = await action.tokenize("public.insensitive", ["value", "address"]);
      assertReport(report, { updated: 4, skipped: 1 });
      assert.deepEqual(await valuesOf("insensitive", "value"), [
        tokenOf("Ada"),
        tokenOf("ADA"),
        tokenOf("TOK_QWRH_POC"),
        "tok_QWRh_poc",
        null,
      ]);
      assert.deepEqual(await valuesOf("insensitive", "address"), [
        tokenOf("Ada"),
        null,
        null,
        null,
        tokenOf("ada"),
      ]);
      const again = await action.tokenize("public.insensitive", ["value", "address"]);
      assertReport(again, { updated: 0, skipped: 5 });
    },
  );

  testUnless(
    hasIcu ? undefined : "no ICU",
    "a nondeterministic collation changes nothing",
    async () => {
      await sql.unsafe(`
      create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
      create table collated (id int, value text collate loose);
      insert into collated values (1, 'Zoe'), (2, 'zoë'), (3, 'TOK_QWRH_POC'), (4, 'tok_QWRh_poc')`);
      await using action = openAction({ pushdown });
      const report = await action.tokenize("public.collated", ["value"]);
      assertReport(report, { updated: 3, skipped: 1 });
      assert.deepEqual(await valuesOf("collated", "value"), [
        tokenOf("Zoe"),
        tokenOf("zoë"),
        tokenOf("TOK_QWRH_POC"),
        "tok_QWRh_poc",
      ]);
      assert.equal((await action.tokenize("public.collated", ["value"])).updated, 0);
    },
  );

  test("a missing column is not found, nor is a dropped one or a system column", async () => {
    await sql`create table columns (id int, value text, gone text)`;
    await sql`alter table columns drop column gone`;
    await using action = openAction({ pushdown });
    for (const column of ["missing", "gone", "........pg.dropped.3........", "ctid", "xmin"]) {
      const error = await action.fails("column_not_found", "public.columns", ["value", column]);
      assert.match(error.message, new RegExp(`it has no column "${column}"$`));
    }
  });

  test("a row whose tokens do not fit into its page changes nothing", async () => {
    const columns = Array.from({ length: 100 }, (_, i) => `c${i}`);
    await sql.unsafe(`create table wide (${columns.map((name) => `${name} text`).join(", ")})`);
    for (const name of columns) {
      await sql.unsafe(`alter table wide alter ${name} set storage plain`);
    }
    await sql.unsafe(
      `insert into wide select ${columns.map(() => "repeat('canary', 11)").join(", ")}`,
    );
    await using action = openAction({ pushdown });
    await assertUnchanged("wide", () => action.fails("value_too_long", "public.wide", columns));
  });
}

await suite("client");
await suite("pushdown");
