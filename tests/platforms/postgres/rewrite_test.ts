/** The strategy `rewrite`: the whole table is rewritten once, under an exclusive lock. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";

const { sql, openAction, valuesOf, createUser, connect } = await useDatabase();

const REWRITE = { strategy: "rewrite" } as const;

async function fileOf(table: string): Promise<unknown> {
  return (await sql`select pg_relation_filenode(${table}::regclass) as file`)[0]!.file;
}

Deno.test("a rewrite has exact counts, leaves no dead row, and does nothing the second time", async () => {
  await sql.unsafe(`create table people (id int primary key, name text not null, email text);
    create unique index on people (email);
    insert into people select n, 'canary ' || n, 'canary' || n || '@example.com' from generate_series(1, 500) n;
    update people set email = '${tokenOf("done")}' where id = 1;
    update people set name = '${tokenOf("done")}', email = null where id = 2`);
  await using action = openAction();
  const first = await action.tokenize("public.people", ["name", "email"], REWRITE);
  assertReport(first, { updated: 499, skipped: 1, method: "rewrite" });
  assert.deepEqual((await valuesOf("people", "email")).slice(0, 3), [
    tokenOf("done"),
    null,
    tokenOf("canary3@example.com"),
  ]);
  await sql`create extension if not exists pgstattuple`;
  const [dead] = await sql`select dead_tuple_count::int as rows from pgstattuple('people')`;
  assert.equal(dead!.rows, 0);
  const file = await fileOf("people");
  const second = await action.tokenize("public.people", ["name", "email"], REWRITE);
  assertReport(second, { updated: 0, skipped: 500 });
  assert.equal(await fileOf("people"), file);
});

Deno.test("a rewrite keeps types, collations, storage, defaults and privileges", async () => {
  await sql.unsafe(`create domain short as varchar(60) check (value <> '');
    create table kinds (a varchar(60) collate "C" default 'none', b char(40), c short, d text);
    alter table kinds alter column d set storage external;
    insert into kinds values ('canary', 'canary', 'canary', 'canary\n');
    comment on column kinds.a is 'a name'`);
  const user = await createUser("grant select (a) on kinds to $user");
  const describe = () =>
    sql`select attname, format_type(atttypid, atttypmod), attcollation, attstorage, attacl,
      col_description(attrelid, attnum), pg_get_expr(adbin, adrelid)
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = 'kinds'::regclass and attnum > 0 order by attnum`;
  const before = await describe();
  await using action = openAction();
  await action.tokenize("public.kinds", ["a", "b", "c", "d"], REWRITE);
  assert.deepEqual(await describe(), before);
  assert.deepEqual((await sql`select a, trim(b) as b, c, d from kinds`)[0], {
    a: tokenOf("canary"),
    b: tokenOf("canary"),
    c: tokenOf("canary"),
    d: tokenOf("canary\n"),
  });
  await using reader = openAction({ as: user });
  await reader.fails("permission_denied", "public.kinds", ["a"], REWRITE);
});

Deno.test("partitions and inheriting tables are rewritten with their parent", async () => {
  await sql.unsafe(`create table parent (id int, name text) partition by range (id);
    create table part_a partition of parent for values from (0) to (100);
    create table part_b partition of parent for values from (100) to (1000);
    insert into parent select n, 'canary ' || n from generate_series(1, 300) n`);
  await using action = openAction();
  const report = await action.tokenize("public.parent", ["name"], REWRITE);
  assertReport(report, { updated: 300, skipped: 0 });
});

Deno.test("a rewrite fires no triggers, so it is not refused because of them", async () => {
  await sql.unsafe(`create table watched (name text); insert into watched values ('canary');
    create function copy_it() returns trigger language plpgsql as $$ begin raise 'fired'; end $$;
    create trigger copies before update on watched for each row execute function copy_it()`);
  await using action = openAction();
  await action.fails("table_not_supported", "public.watched", ["name"]);
  assert.equal((await action.tokenize("public.watched", ["name"], REWRITE)).updated, 1);
});

Deno.test("a token too long for its column is refused before the rewrite, not truncated", async () => {
  await sql`create table tight (id int, name varchar(12))`;
  await sql`insert into tight values (1, 'canary')`;
  await using action = openAction();
  const error = await action.fails("value_too_long", "public.tight", ["name"], REWRITE);
  assert.match(error.message, /column "name"/);
  assert.deepEqual(await valuesOf("tight", "name"), ["canary"]);
});

Deno.test("a role that does not own the table cannot rewrite it", async () => {
  await sql`create table theirs (name text)`;
  await sql`insert into theirs values ('canary')`;
  const user = await createUser("grant select, update on theirs to $user");
  await using action = openAction({ as: user });
  const error = await action.fails("permission_denied", "public.theirs", ["name"], REWRITE);
  assert.match(error.message, /owner/);
});

for (
  const [what, statement] of [
    ["a view", "create view on_used as select name from used"],
    [
      "a generated column",
      "alter table used add upper text generated always as (upper(name)) stored",
    ],
    ["a policy", "create policy some_rows on used using (name <> '')"],
  ] as const
) {
  Deno.test(`a rewrite is refused if ${what} uses the column`, async () => {
    await sql.unsafe(`create table used (id int, name text); insert into used values (1, 'canary');
      ${statement}`);
    await using action = openAction();
    await action.fails("table_not_supported", "public.used", ["name"], REWRITE);
    assert.deepEqual(await valuesOf("used", "name"), ["canary"]);
    await sql`drop table used cascade`;
  });
}

Deno.test("a published table is refused: its subscribers would keep the old values", async () => {
  await sql.unsafe(
    `create table sent (id int primary key, name text); insert into sent values (1, 'canary');
    create publication outward for table sent`,
  );
  await using action = openAction();
  const error = await action.fails("table_not_supported", "public.sent", ["name"], REWRITE);
  assert.match(error.message, /published/);
});

Deno.test("a table that inherits its columns, or has a type's, is refused with that reason", async () => {
  await sql.unsafe(`create table ancestor (id int, name text) partition by list (id);
    create table heir partition of ancestor for values in (1);
    create type shape as (id int, name text);
    create table shaped of shape;
    insert into heir values (1, 'canary');
    insert into shaped values (1, 'canary')`);
  await using action = openAction();
  for (
    const [table, reason] of [["heir", /it inherits its columns \("name"\)/], [
      "shaped",
      /those of a composite type/,
    ]] as const
  ) {
    const error = await action.fails("table_not_supported", `public.${table}`, ["name"], REWRITE);
    assert.match(error.message, reason);
    assert.deepEqual(await valuesOf(table, "name"), ["canary"]);
  }
});

for (const event of ["table_rewrite", "ddl_command_end"]) {
  Deno.test(`event triggers on ${event} fire only if triggers are allowed`, async () => {
    await sql.unsafe(
      `create table noted (id int, name text); insert into noted values (1, 'canary');
      create table notes (event text);
      create function note() returns event_trigger language plpgsql as
        $$ begin insert into public.notes values (tg_event); end $$;
      create event trigger note_it on ${event} execute function note();
      delete from notes`,
    );
    try {
      await using careful = openAction();
      const error = await careful.fails("table_not_supported", "public.noted", ["name"], REWRITE);
      assert.match(error.message, /event triggers \("note_it"\): set ALLOW_TRIGGERS/);
      assert.deepEqual(await valuesOf("notes", "event", "event"), []);
      await using action = openAction({ allowTriggers: true });
      assert.equal((await action.tokenize("public.noted", ["name"], REWRITE)).updated, 1);
      assert.deepEqual(await valuesOf("notes", "event", "event"), [event]);
    } finally {
      await sql.unsafe("drop event trigger note_it");
      await sql.unsafe("drop function note; drop table notes, noted");
    }
  });
}

Deno.test("an SDK without an SQL expression cannot rewrite", async () => {
  await sql`create table plain (name text)`;
  const { pattern, maxTokenLength, tokenize } = dummySdk;
  await using action = openAction({
    tokenSdk: { pattern, maxTokenLength, tokenize },
  });
  await action.fails("invalid_request", "public.plain", ["name"], REWRITE);
});

Deno.test("a rewrite in batches is refused", async () => {
  await using action = openAction();
  await action.fails("invalid_request", "public.plain", ["name"], {
    ...REWRITE,
    commit: "batches",
  });
});

Deno.test("a rewrite that does not get its lock in time leaves the table as it was", async () => {
  await sql`create table busy (name text)`;
  await sql`insert into busy values ('canary')`;
  await using holder = connect();
  await holder`begin`;
  await holder`select from busy`;
  await using action = openAction({ lockTimeoutMs: 100 });
  await action.fails("lock_timeout", "public.busy", ["name"], REWRITE);
  await holder`rollback`;
  assert.equal((await action.tokenize("public.busy", ["name"], REWRITE)).updated, 1);
});
