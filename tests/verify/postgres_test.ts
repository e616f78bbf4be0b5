/** Verification on Postgres says clean only if it is, and finds each fault that is planted. */
import assert from "node:assert/strict";
import { jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { until } from "../../scripts/servers/until.ts";
import { tokenOf, urnOf, useDatabase } from "../support/action_fixture.ts";
import { assertFails } from "../support/assertions.ts";
import type { Verification } from "../../src/verify/verification.ts";
import { testUnless } from "../support/skipping.ts";
import { findingOf, keyedKnown, openVerifier, unclean } from "./verifier.ts";

const database = await useDatabase();
const { sql, createUser, openAction } = database;

const known = await keyedKnown("aes-siv", { "aes-siv": ["2026a", "2025a"] });
const keys = jwkSet(await sivJwk("2026a"), await sivJwk("2025a"));
const tokenSdk = await openKeyed("aes-siv", keys);

/**
 * The findings that are not clean, but for dead rows: a session reports its updates some time after they are
 * done, and so perhaps after the VACUUM that it ran next.
 */
function uncleanBesideDeadRows(found: Verification): Readonly<Record<string, string>> {
  const { dead_rows: _, ...others } = unclean(found);
  return others;
}

/** A table of 50 canaries, tokenized and vacuumed. */
async function makeTokenized(table: string, type = "text"): Promise<void> {
  await sql.unsafe(`create table ${table} (id int primary key, email ${type}, note text);
    insert into ${table} select i, 'canary' || i || '@example.com', null from generate_series(1, 50) i`);
  await using action = openAction({ tokenSdk });
  await action.tokenize(`public.${table}`, ["email"], { scrub: true });
}

Deno.test("a table that was tokenized and vacuumed is clean, with its counts", async () => {
  await makeTokenized("whole");
  await sql`insert into whole values (51, null, null)`;
  await using verifier = openVerifier(database.url, { known });
  const found = await verifier.verify("public.whole", ["email", "note"]);
  assert.deepEqual(unclean(found), {});
  assert.equal(found.verdict, "clean");
  assert.equal(found.rows, 51);
  const tokens = [
    { sdk: "aes-siv", key_id: "2026a", scope: "global", checked: "opened", count: 50 },
  ];
  assert.deepEqual(found.columns, [
    { name: "email", nulls: 1, tokens, foreign: [], lookalikes: 0, plain: 0 },
    { name: "note", nulls: 51, tokens: [], foreign: [], lookalikes: 0, plain: 0 },
  ]);
  const events = verifier.observations.map(({ event }) => event);
  assert.deepEqual(events, ["verification_started", "verification_finished"]);
});

Deno.test("one plain value is found", async () => {
  await makeTokenized("one_plain");
  await sql`update one_plain set email = 'canary' where id = 7`;
  await sql`vacuum analyze one_plain`;
  await using verifier = openVerifier(database.url, { known });
  const found = await verifier.verify("public.one_plain", ["email"]);
  assert.equal(found.verdict, "not_clean");
  assert.equal(found.columns[0]!.plain, 1);
  assert.equal(findingOf(found, "values").detail, "1 plain value");
});

Deno.test("a token with one bit changed is a lookalike", async () => {
  await makeTokenized("one_bit");
  await sql`update one_bit set email = overlay(email placing
    case substr(email, 30, 1) when 'A' then 'B' else 'A' end from 30 for 1) where id = 3`;
  await using verifier = openVerifier(database.url, { known });
  const found = await verifier.verify("public.one_bit", ["email"]);
  assert.equal(found.verdict, "not_clean");
  const { lookalikes, plain, tokens } = found.columns[0]!;
  assert.deepEqual([lookalikes, plain, tokens[0]!.count], [1, 0, 49]);
});

Deno.test("tokens of unknown keys and other SDKs are foreign, those of older keys are not", async () => {
  await makeTokenized("mixed_keys");
  const other = await openKeyed("aes-siv", jwkSet(await sivJwk("2024a")));
  const older = await openKeyed("aes-siv", jwkSet(await sivJwk("2025a")));
  const context = { platform: "postgres", dataset: [], column: "" };
  const [foreign] = await other.tokenize(["canary"], context);
  const [old] = await older.tokenize(["canary"], context);
  await sql`update mixed_keys set email = ${foreign!} where id = 1`;
  await sql`update mixed_keys set email = ${old!} where id = 2`;
  await sql`update mixed_keys set email = ${tokenOf("x")} where id = 3`;
  await using verifier = openVerifier(database.url, { known });
  const found = await verifier.verify("public.mixed_keys", ["email"]);
  assert.equal(findingOf(found, "values").detail, "2 tokens of unknown keys");
  const [column] = found.columns;
  assert.deepEqual(column!.tokens.map(({ key_id, count }) => [key_id, count]).sort(), [
    ["2025a", 1],
    ["2026a", 47],
  ]);
  assert.deepEqual(column!.foreign.map(({ sdk, key_id }) => [sdk, key_id]).sort(), [
    ["aes-siv", "2024a"],
    ["dummy", null],
  ]);
});

Deno.test("of what is computed, only what uses a column counts for it, and once", async () => {
  await makeTokenized("computed");
  await sql`update computed set note = 'canary' || id`;
  await sql`create index on computed (lower(note))`;
  await sql`create index both_texts on computed ((email || note))`;
  await sql`create function whole(computed) returns text immutable language sql as 'select $1::text'`;
  await sql`create index whole_row on computed (whole(computed))`;
  await sql`vacuum analyze computed`;
  await using verifier = openVerifier(database.url, { known });
  const told = async (...columns: string[]) =>
    findingOf(await verifier.verify("public.computed", columns), "expression_statistics").detail;
  const before = "computed from the columns, and of tokens or of values: ";
  assert.equal(await told("email"), `${before}public.both_texts.expr, public.whole_row.whole`);
  assert.equal(
    await told("email", "note"),
    `${before}public.both_texts.expr, public.computed_lower_idx.lower, public.whole_row.whole`,
  );
});

Deno.test("a token of another dataset is a lookalike here", async () => {
  await sql`create table moved (id int, email text)`;
  const bound = await openKeyed("aes-siv", keys, "column");
  const place = { platform: "postgres", dataset: [database.name, "public", "moved"] };
  const [own] = await bound.tokenize(["canary"], { ...place, column: "email" });
  const [others] = await bound.tokenize(["canary"], { ...place, column: "phone" });
  await sql`insert into moved values (1, ${own!}), (2, ${others!})`;
  await using verifier = openVerifier(database.url, { known });
  const { columns: [column] } = await verifier.verify("public.moved", ["email"]);
  assert.deepEqual([column!.tokens[0]!.count, column!.lookalikes], [1, 1]);
});

Deno.test("row-level security that hides rows, and missing rights, are told and nothing is read", async () => {
  await makeTokenized("hidden");
  await sql`alter table hidden enable row level security`;
  await sql`create policy own on hidden using (id < 10)`;
  const clerk = await createUser("grant select on hidden to $user");
  const nobody = await createUser("grant select (id) on hidden to $user");
  for (
    const [user, reason] of [[clerk, /row-level security/], [nobody, /lacks SELECT/]] as const
  ) {
    await using verifier = openVerifier(user.url, { known });
    const found = await verifier.verify("public.hidden", ["email"]);
    assert.equal(found.verdict, "could_not_tell");
    assert.equal(found.rows, null);
    assert.ok(
      found.checks.some(({ check, detail = "" }) => check === "visible" && reason.test(detail)),
    );
  }
});

const cannotLabel = database.serverVersion < 13
  ? "this server changes its catalogue only after a restart"
  : undefined;
testUnless(cannotLabel, "a role that reads masks is told", async () => {
  await makeTokenized("masked");
  const reader = await createUser("grant select on masked to $user");
  // what PostgreSQL Anonymizer would write, whose library is not there
  await sql`set allow_system_table_mods = on`;
  await sql.unsafe(`insert into pg_shseclabel (objoid, classoid, provider, label)
    values ('${reader.name}'::regrole, 'pg_authid'::regclass, 'anon', 'MASKED')`);
  await using verifier = openVerifier(reader.url, { known });
  const found = await verifier.verify("public.masked", ["email"]);
  await sql`delete from pg_shseclabel where provider = 'anon'`;
  assert.equal(found.verdict, "could_not_tell");
  assert.match(findingOf(found, "visible").detail!, /reads masks/);
});

Deno.test("a view, a foreign partition and a column that is no text cannot be told", async () => {
  await makeTokenized("viewed");
  await sql`create view shown as select * from viewed`;
  await sql`create foreign data wrapper nothing`;
  await sql`create server elsewhere foreign data wrapper nothing`;
  await sql`create table parted (id int, email text) partition by range (id)`;
  await sql`create table parted_1 partition of parted for values from (0) to (100)`;
  await sql`create foreign table parted_2 partition of parted
    for values from (100) to (200) server elsewhere`;
  await using verifier = openVerifier(database.url, { known });
  for (
    const [table, column, reason] of [
      ["shown", "email", /it is a view/],
      ["parted", "email", /foreign tables: public.parted_2/],
      ["viewed", "id", /cannot hold tokens/],
    ] as const
  ) {
    const found = await verifier.verify(`public.${table}`, [column]);
    assert.equal(found.verdict, "could_not_tell", table);
    assert.match(findingOf(found, "visible").detail!, reason);
  }
});

Deno.test("values in the statistics are found: of the table, a partition, and a table that it is a part of", async () => {
  await sql`create table years (id int, email text) partition by range (id)`;
  await sql`create table year_1 partition of years for values from (0) to (1000)`;
  await sql`insert into years select i, 'canary' || i % 9 from generate_series(1, 500) i`;
  await sql`analyze years`;
  const token = (await tokenSdk.tokenize(["canary"], {
    platform: "postgres",
    dataset: [],
    column: "",
  }))[0]!;
  await sql`update years set email = ${token}`;
  await sql`vacuum years`;
  await using verifier = openVerifier(database.url, { known });
  for (const table of ["years", "year_1"]) {
    const found = await verifier.verify(`public.${table}`, ["email"]);
    assert.deepEqual(uncleanBesideDeadRows(found), { pg_stats: "not_clean" }, table);
    const { command, detail } = findingOf(found, "pg_stats");
    assert.match(command!, /^ANALYZE "public"\./);
    assert.match(detail!, /public\.year/);
  }
  await sql`analyze years`;
  assert.deepEqual(uncleanBesideDeadRows(await verifier.verify("public.years", ["email"])), {});
});

Deno.test("statistics of a partition that the role may not read cannot be told", async () => {
  await sql`create table closed (id int, email text) partition by range (id)`;
  await sql`create table closed_1 partition of closed for values from (0) to (100)`;
  const reader = await createUser("grant select on closed to $user");
  await using verifier = openVerifier(reader.url, { known });
  const found = await verifier.verify("public.closed", ["email"]);
  assert.deepEqual(unclean(found), { pg_stats: "could_not_tell" });
  assert.match(findingOf(found, "pg_stats").detail!, /public\.closed_1\.email/);
});

Deno.test("extended statistics, statistics of expressions and materialized views are looked into", async () => {
  await sql`create table derived (id int, email text, city text)`;
  await sql`insert into derived select i, 'canary' || i % 5, 'city' || i % 5 from generate_series(1, 300) i`;
  await sql`create statistics both_columns (mcv) on email, city from derived`;
  await sql`create index on derived (lower(email))`;
  await sql`create materialized view copied as select email from derived`;
  await sql`analyze derived`;
  const [token] = await tokenSdk.tokenize(["x"], { platform: "postgres", dataset: [], column: "" });
  await sql`update derived set email = ${token!}`;
  await sql`vacuum derived`;
  await using verifier = openVerifier(database.url, { known });
  const before = uncleanBesideDeadRows(await verifier.verify("public.derived", ["email"]));
  assert.deepEqual(before, {
    pg_stats: "not_clean",
    expression_statistics: "could_not_tell",
    extended_statistics: "not_clean",
    materialized_views: "could_not_tell",
  });
  await sql`drop materialized view copied`;
  await sql`drop index derived_lower_idx`;
  await sql`analyze derived`;
  assert.deepEqual(uncleanBesideDeadRows(await verifier.verify("public.derived", ["email"])), {});
});

Deno.test("dead rows cannot be told, until VACUUM", async () => {
  await sql`create table dying (id int, email text)`;
  const writer = database.connect();
  await writer.unsafe("insert into dying values (1, 'canary')");
  await writer.unsafe("update dying set email = null");
  await writer.end(); // at its end a session reports what it did
  await using verifier = openVerifier(database.url, { known });
  const detail = /^1 dead row, which may hold old values, in public\.dying$/;
  const find = () => verifier.verify("public.dying", ["email"]);
  await until(async () => detail.test(findingOf(await find(), "dead_rows").detail ?? ""));
  const found = await find();
  assert.deepEqual(unclean(found), { dead_rows: "could_not_tell" });
  await sql.unsafe(findingOf(found, "dead_rows").command!);
  await until(async () => (await find()).verdict === "clean");
});

Deno.test("texts of every kind of column are read: char(n), citext-like domains, names that need quotes", async () => {
  await sql`create domain address as varchar(200)`;
  await sql.unsafe(`create table "Sch""öne Tabelle" ("E-Mail" char(120), "b" address)`);
  const [token] = await tokenSdk.tokenize(["x"], { platform: "postgres", dataset: [], column: "" });
  await sql.unsafe(`insert into "Sch""öne Tabelle" values ('${token}', '${token}')`);
  await sql.unsafe(`vacuum analyze "Sch""öne Tabelle"`);
  await using verifier = openVerifier(database.url, { known });
  const find = () => verifier.verify('public.Sch"öne Tabelle', ["e-mail", "b"]);
  await until(async () => (await find()).verdict === "clean");
  const found = await find();
  assert.deepEqual(found.columns.map(({ name }) => name), ["E-Mail", "b"]);
});

Deno.test("what does not exist, or may not be verified, is refused", async () => {
  await sql`create table here (id int, email text)`;
  await using verifier = openVerifier(database.url, { known });
  await assertFails("table_not_found", verifier.verify("public.nowhere", ["email"]));
  await assertFails("column_not_found", verifier.verify("public.here", ["phone"]));
  await assertFails("invalid_request", verifier.verify("public.here", ["email", "EMAIL"]));
  const allowedDatasets = [urnOf("other.*")];
  await using limited = openVerifier(database.url, { known, allowedDatasets });
  await assertFails("dataset_not_allowed", limited.verify("public.here", ["email"]));
});

Deno.test("nothing is written, and no lock but that of a reader is taken", async () => {
  await makeTokenized("untouched");
  await using verifier = openVerifier(database.url, { known });
  await database.assertUnchanged("untouched", () => verifier.verify("public.untouched", ["email"]));
  const holder = database.connect();
  await holder.unsafe("begin; lock table untouched in row exclusive mode");
  assert.equal((await verifier.verify("public.untouched", ["email"])).rows, 50);
  await holder.unsafe("commit; begin; lock table untouched in access exclusive mode");
  await using hasty = openVerifier(database.url, { known, lockTimeoutMs: 50 });
  await assertFails("lock_timeout", hasty.verify("public.untouched", ["email"]));
  await holder.unsafe("rollback");
  await holder.end();
});
