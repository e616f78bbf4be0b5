/** How the name in a URN is resolved to one table and its columns, or refused. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { openAction, tokenOf, urnOf, useDatabase } from "../../support/action_fixture.ts";
import { createTestDatabase } from "../../support/test_database.ts";

const database = await useDatabase();
const { sql, valuesOf } = database;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

const ODD_NAMES = [
  "with blank",
  " leading and trailing ",
  'double"quote',
  "single'quote",
  "Capital",
  "ünïcödé 表",
  "💌",
  "select",
  "drop table people; --",
  "/* comment */",
  "a(b)",
  "a,b",
  "100%",
  "$1",
  "back\\slash",
  "{braces}",
  "t",
  "tab\tnewline\n",
  "x".repeat(63),
  "é".repeat(31),
];

for (const name of ODD_NAMES) {
  Deno.test(`a schema, a table and a column may be called ${JSON.stringify(name)}`, async () => {
    await sql.unsafe(`create schema ${quoted(name)}`);
    const table = `${quoted(name)}.${quoted(name)}`;
    await sql.unsafe(`create table ${table} (id int, ${quoted(name)} text)`);
    await sql.unsafe(`insert into ${table} values (1, 'Ada')`);
    await using action = database.openAction();
    const report = await action.tokenize(`${name}.${name}`, [name]);
    assertReport(report, { updated: 1, columns: [name] });
    assert.equal(report.table, `${database.name}.${name}.${name}`);
    assert.deepEqual(await valuesOf(table, quoted(name)), [tokenOf("Ada")]);
  });
}

Deno.test("columns may have the same names as the aliases in our own statements", async () => {
  await sql`create table aliases (t text, batch text, table_oid text, row_address text,
    token_0 text, token_1 text, found text, candidate text)`;
  await sql`insert into aliases values ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')`;
  await using action = database.openAction();
  const columns = ["token_1", "batch", "t", "row_address", "table_oid", "token_0"];
  await action.tokenize("public.aliases", columns);
  const [row] = await sql`select * from aliases`;
  const tokens = ["a", "b", "c", "d", "e", "f"].map(tokenOf);
  assert.deepEqual(Object.values(row!), [...tokens, "g", "h"]);
});

Deno.test("a database may have an unusual name", async () => {
  const name = `Odd."db's", ${crypto.randomUUID().slice(0, 8)}`;
  await using odd = await createTestDatabase({ name });
  await odd.sql`create table people (id int, email text)`;
  await using action = openAction(odd.url);
  const report = await action.tokenize("public.people", ["email"]);
  assert.equal(report.table, `${name}.public.people`);
  await action.tokenizeUrn(urnOf(`${name.toLowerCase()}.public.people`), ["email"]);
  await action.failsUrn("wrong_database", urnOf("odd.public.people"), ["email"]);
});

Deno.test("an exact match of a name comes before a match that ignores case", async () => {
  await sql.unsafe(`create table people (id int, email text, "Email" text);
    create table "People" (id int, email text); create table "PEOPLE" (id int, email text);
    insert into people values (1, 'a', 'b'); insert into "People" values (1, 'c')`);
  await using action = database.openAction();
  const exact = await action.tokenize("public.People", ["email"]);
  assert.equal(exact.table, `${database.name}.public.People`);
  await action.tokenize("public.people", ["Email"]);
  assert.deepEqual(await valuesOf("people", "email"), ["a"]);
  assert.deepEqual(await valuesOf("people", '"Email"'), [tokenOf("b")]);
});

Deno.test("a name is ambiguous if it matches several others when case is ignored", async () => {
  await sql.unsafe(`create table "Case" (id int, "Email" text, "EMAIL" text);
    create table "CASE" (id int, email text);
    create table "OneCase" (id int, "Email" text, "EMAIL" text, "FirstName" text);
    insert into "OneCase" values (1, 'a', 'b', 'canary')`);
  await using action = database.openAction();
  const table = await action.fails("ambiguous_name", "public.case", ["email"]);
  assert.match(table.message, /can mean "public"\."C(ase|ASE)", "public"\."C(ase|ASE)"$/);
  const column = await action.fails("ambiguous_name", "public.OneCase", ["email"]);
  assert.match(column.message, /column "email" can mean "Email", "EMAIL"$/);
  const report = await action.tokenize("PUBLIC.onecase", ["firstname"]);
  assert.equal(report.table, `${database.name}.public.OneCase`);
  assert.deepEqual(report.columns, ["FirstName"]);
});

Deno.test("case is ignored beyond ASCII too", async () => {
  await sql.unsafe(
    `create table "ÄRZTE" (id int, "Größe" text); insert into "ÄRZTE" values (1, 'a')`,
  );
  await using action = database.openAction();
  const report = await action.tokenize("public.ärzte", ["größe"]);
  assert.deepEqual([report.table, report.columns], [`${database.name}.public.ÄRZTE`, ["Größe"]]);
});

Deno.test("a name may contain dots, and is ambiguous if two tables fit", async () => {
  await sql.unsafe(`create schema "a.b"; create schema a; create schema sole;
    create table "a.b".c (id int, email text); create table a."b.c" (id int, email text);
    create table sole."x.y.z" (id int, email text); insert into sole."x.y.z" values (1, 'Ada')`);
  await using action = database.openAction();
  const error = await action.fails("ambiguous_name", "a.b.c", ["email"]);
  assert.match(error.message, /"a\.b"\."c"/);
  assert.match(error.message, /"a"\."b\.c"/);
  const report = await action.tokenize("sole.x.y.z", ["email"]);
  assert.equal(report.table, `${database.name}.sole.x.y.z`);
});

Deno.test("a name written with %2C is found, and is ambiguous if both spellings exist", async () => {
  await sql.unsafe(
    `create table "one,two" (id int, "a,b" text); insert into "one,two" values (1, 'x');
    create table "three%2Cfour" (id int, "a%2Cb" text); insert into "three%2Cfour" values (1, 'x');
    create table "five,six" (id int, v text); create table "five%2Csix" (id int, v text);
    create table both_columns (id int, "a,b" text, "a%2Cb" text)`,
  );
  await using action = database.openAction();
  const urn = (name: string) =>
    `urn:li:dataset:(urn:li:dataPlatform:postgres,${database.name}.public.${name},PROD)`;
  const decoded = await action.tokenizeUrn(urn("one%2Ctwo"), ["a,b"]);
  assert.equal(decoded.table, `${database.name}.public.one,two`);
  const asWritten = await action.tokenizeUrn(urn("three%2Cfour"), ["a%2Cb"]);
  assert.equal(asWritten.table, `${database.name}.public.three%2Cfour`);
  await action.failsUrn("ambiguous_name", urn("five%2Csix"), ["v"]);
  const field = `urn:li:schemaField:(${urn("both_columns")},a%2Cb)`;
  await action.failsUrn("ambiguous_name", urn("both_columns"), [field]);
  const fieldOfOne = `urn:li:schemaField:(${urn("one%2Ctwo")},a%2Cb)`;
  assert.deepEqual((await action.tokenizeUrn(urn("one%2Ctwo"), [fieldOfOne])).columns, ["a,b"]);
});

Deno.test("a platform instance may precede the database, also one with dots and %2C", async () => {
  await sql`create table instance_table (id int, email text)`;
  await using action = database.openAction();
  for (const instance of ["warehouse", "eu.west.1", "a,b", "x".repeat(100)]) {
    const urn = urnOf(`${instance}.${database.name}.public.instance_table`);
    const report = await action.tokenizeUrn(urn, ["email"]);
    assert.equal(report.table, `${database.name}.public.instance_table`);
  }
});

Deno.test("an instance with the name of the database is ambiguous only if both tables exist", async () => {
  const { name } = database;
  await sql.unsafe(`create table twin (id int, v text)`);
  await using action = database.openAction();
  const urn = urnOf(`${name}.${name}.public.twin`);
  assert.equal((await action.tokenizeUrn(urn, ["v"])).table, `${name}.public.twin`);
  await sql.unsafe(
    `create schema ${quoted(name)}; create table ${quoted(name)}."public.twin" (v text)`,
  );
  await action.failsUrn("ambiguous_name", urn, ["v"]);
});

Deno.test("a dataset in another database than that of the connection is refused", async () => {
  await sql`create table here (id int, email text)`;
  await using action = database.openAction();
  for (const name of ["other.public.here", "postgres.public.here", `x.y.public.here`]) {
    const error = await action.failsUrn("wrong_database", urnOf(name), ["email"]);
    assert.match(error.message, new RegExp(`not in database "${database.name}"`));
  }
  await action.tokenizeUrn(urnOf(`${database.name.toUpperCase()}.public.here`), ["email"]);
});

Deno.test("a missing table or schema is not found, and a name of two parts is invalid", async () => {
  await using action = database.openAction();
  await action.fails("table_not_found", "public.missing", ["email"]);
  await action.fails("table_not_found", "missing.customers", ["email"]);
  await action.failsUrn("invalid_urn", urnOf("public.people"), ["email"]);
  await action.failsUrn("invalid_urn", urnOf("people"), ["email"]);
  await action.failsUrn("invalid_urn", urnOf("..."), ["email"]);
  await action.failsUrn("invalid_urn", urnOf(`${"a.".repeat(30)}b`), ["email"]);
});

Deno.test("a name that is longer than identifiers can be is not found", async () => {
  await sql`create table holds (id int, email text)`;
  await using action = database.openAction();
  for (const name of ["x".repeat(64), "x".repeat(100_000)]) {
    await action.fails("table_not_found", `public.${name}`, ["email"]);
    await action.fails("column_not_found", "public.holds", [name]);
  }
});

Deno.test("a name that no database can hold is refused in a URN, and is no column's", async () => {
  await sql`create table holder (id int, email text)`;
  await using action = database.openAction();
  for (const name of ["nul\0byte", "lone \ud800 surrogate"]) {
    await action.fails("invalid_urn", `public.${name}`, ["email"]);
    await action.fails("column_not_found", "public.holder", [name]);
  }
});

Deno.test("naming a column twice in different spellings is refused", async () => {
  await sql`create table spelled (id int, email text)`;
  await using action = database.openAction();
  const v2 = "[version=2.0].[type=string].email";
  const urn = urnOf(`${database.name}.public.spelled`);
  const fields = [v2, `urn:li:schemaField:(${urn},email)`, "EMAIL"];
  for (const field of fields) {
    const error = await action.fails("invalid_request", "public.spelled", ["email", field]);
    assert.match(error.message, /column "email" is named twice$/);
    assert.deepEqual((await action.tokenize("public.spelled", [field])).columns, ["email"]);
  }
});

Deno.test("a temporary table of another session is not found", async () => {
  await sql`create temporary table transient (id int, email text)`;
  await using action = database.openAction();
  await action.fails("table_not_found", "public.transient", ["email"]);
  const [row] = await sql`select relnamespace::regnamespace::text as schema from pg_class
    where relname = 'transient'`;
  await action.fails("table_not_supported", `${row?.schema}.transient`, ["email"]);
});

Deno.test("a platform instance cannot bypass the list of allowed datasets", async () => {
  const { name } = database;
  await sql.unsafe(`create schema secret; create table secret.t (id int, v text);
    create table allowed (id int, v text); insert into secret.t values (1, 'canary')`);
  const allowedDatasets = [urnOf(`${name}.public.*`)];
  await using action = database.openAction({ allowedDatasets });
  await action.tokenize("public.allowed", ["v"]);
  await action.fails("dataset_not_allowed", "secret.t", ["v"]);
  const roundabout = urnOf(`${name}.public.x.${name}.secret.t`);
  await action.failsUrn("dataset_not_allowed", roundabout, ["v"]);
  assert.deepEqual(await valuesOf("secret.t", "v"), ["canary"]);
  await using open = database.openAction();
  assert.equal((await open.tokenizeUrn(roundabout, ["v"])).table, `${name}.secret.t`);
});

Deno.test("a dot in a schema's name cannot bypass the list of allowed datasets", async () => {
  const { name } = database;
  await sql.unsafe(`create schema "public.x"; create table "public.x".t (id int, v text);
    create table "x.u" (id int, v text); insert into "public.x".t values (1, 'canary')`);
  await using action = database.openAction({ allowedDatasets: [urnOf(`${name}.public.*`)] });
  await action.fails("dataset_not_allowed", "public.x.t", ["v"]);
  assert.deepEqual(await valuesOf('"public.x".t', "v"), ["canary"]);
  await action.tokenize("public.x.u", ["v"]);
  await using named = database.openAction({ allowedDatasets: [urnOf(`${name}.public.x.t`)] });
  assert.equal((await named.tokenize("public.x.t", ["v"])).updated, 1);
});
