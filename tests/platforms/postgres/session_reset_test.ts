/** What a run leaves in its session does not reach the next run. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import { machineSource } from "../../../scripts/servers/test_keys.ts";
import { resetSession } from "../../../src/platforms/postgres/connection/reset_session.ts";
import { Connector } from "../../../src/platforms/postgres/connection/connector.ts";
import type { Session } from "../../../src/platforms/postgres/connection/session.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf } = database;

/** What code of a table leaves in the session that it runs in. */
const LEFT: Readonly<Record<string, string>> = {
  "a temporary table named like one of the catalogue":
    "create temporary table if not exists pg_trigger as select * from pg_catalog.pg_trigger limit 0",
  "a temporary table of foreign keys":
    "create temporary table if not exists pg_constraint as select * from pg_catalog.pg_constraint limit 0",
  "a search path": "perform set_config('search_path', 'hostile, pg_catalog', false)",
  "another role": "perform set_config('role', 'pg_monitor', false)",
  "a statement timeout": "perform set_config('statement_timeout', '1ms', false)",
  "a lock of the session": "perform pg_advisory_lock(4711)",
  "the lock that stands for a run on the next table":
    "perform pg_advisory_lock((x'746f6b6e'::int8 << 32) | 'public.next'::regclass::oid::int8)",
  "a replaced statement": `perform 1;
    if exists (select from pg_prepared_statements where statement like '%relkind IN%') then
      execute (select 'deallocate "' || name || '"' from pg_prepared_statements
        where statement like '%relkind IN%' limit 1);
    end if;
    execute 'prepare mine as select 1'`,
};

await sql.unsafe(`create schema hostile;
  create function hostile.count(text) returns bigint language sql as 'select 0::bigint'`);

for (const [i, [title, statement]] of Object.entries(LEFT).entries()) {
  for (const commit of ["atomic", "batches"] as const) {
    Deno.test(`${title} that a trigger left does not reach the next run (${commit})`, async () => {
      await sql.unsafe(`drop table if exists first, next;
        create table first (id int, name text); create table next (id int, name text);
        insert into first values (1, 'canary 1'); insert into next values (1, 'canary 2');
        create or replace function leave_${i}() returns trigger language plpgsql
          set search_path = pg_catalog as $$begin ${statement}; return new; end$$;
        create trigger leaves before update on first for each row execute function leave_${i}();
        create or replace function thief() returns trigger language plpgsql as
          $$begin raise exception 'it fired'; end$$;
        create trigger thief before update on next for each row execute function thief()`);
      await using action = openAction({ allowTriggers: true });
      await action.tokenize("public.first", ["name"], { commit }).catch(() => {}); // it may fail
      await sql`drop trigger thief on next`;
      assert.equal((await action.tokenize("public.next", ["name"], { commit })).updated, 1);
      assert.deepEqual(await valuesOf("next", "name"), [tokenOf("canary 2")]);
      const locks = await sql`select from pg_locks where locktype = 'advisory'`;
      assert.equal(locks.length, 0);
    });
  }
}

/** What is left, and what is true of a new session. */
const RESET: readonly (readonly [left: string, isAsNew: string])[] = [
  ["create temporary table pg_class (oid oid)", "to_regclass('pg_temp.pg_class') is null"],
  ["set search_path = hostile", "current_setting('search_path') <> 'hostile'"],
  [
    "set session_replication_role = replica",
    "current_setting('session_replication_role') = 'origin'",
  ],
  ["set role pg_monitor", "current_user = session_user"],
  ["set session authorization pg_monitor", "session_user <> 'pg_monitor'"],
  [
    "select pg_advisory_lock(4711)",
    "not exists (select from pg_locks where locktype = 'advisory')",
  ],
  ["listen canary", "not exists (select from pg_listening_channels())"],
  ["declare mine cursor with hold for select 1", "not exists (select from pg_cursors)"],
];

async function openSession(): Promise<Session> {
  const settings = parsePostgresSettings(database.url, settingsReader(machineSource({})));
  return await new Connector(settings).open(new AbortController().signal, () => {});
}

for (const [left, isAsNew] of RESET) {
  Deno.test(`after a reset a session is as new: ${left}`, async () => {
    const session = await openSession();
    await session.query("test", left);
    const [before] = (await session.query("test", `select ${isAsNew}`)).rows;
    await resetSession(session);
    const [after] = (await session.query("test", `select ${isAsNew}`)).rows;
    assert.deepEqual([before, after], [[false], [true]]);
    await session.close();
  });
}

Deno.test("a reset keeps the program's own prepared statements, and closes a session with others", async () => {
  const session = await openSession();
  await session.query("test", "select 1", []);
  await resetSession(session);
  const { rows } = await session.query("test", "select count(*) from pg_prepared_statements");
  assert.deepEqual(rows[0], ["1"]);
  await session.query("test", "prepare mine as select 1");
  await resetSession(session);
  assert.equal(session.lost, true);
});

Deno.test("a session that nothing of others ran in is used again, with its statements", async () => {
  await sql`create table plain (id int, name text)`;
  await using action = openAction();
  await action.tokenize("public.plain", ["name"]);
  const [first] = await database.sessions();
  await action.tokenize("public.plain", ["name"]);
  assert.deepEqual((await database.sessions()).map(({ pid }) => pid), [first!.pid]);
});

Deno.test("a session that a trigger ran in is closed", async () => {
  await sql.unsafe(`create table watched (id int, name text);
    create function look_on() returns trigger language plpgsql as $$begin return new; end$$;
    create trigger looks_on before update on watched for each row execute function look_on()`);
  await using action = openAction({ allowTriggers: true });
  await action.tokenize("public.watched", ["name"]);
  await action.tokenize("public.watched", ["name"]);
  await until(async () => (await database.sessions()).length === 0);
});
