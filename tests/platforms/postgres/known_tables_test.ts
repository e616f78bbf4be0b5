/**
 * A run on a table that was looked up before says what a program says that has just been started, whatever
 * was changed in between, and whether or not anything else was committed.
 */
import assert from "node:assert/strict";
import type { ServiceError } from "../../../src/errors.ts";
import type { Report } from "../../../src/action/trigger.ts";
import { type Action, type ActionOptions, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql, openAction, createUser } = database;

await sql.unsafe(`create schema first; create role joined;
  create function quiet() returns trigger language plpgsql as $$begin return new; end$$;
  create function is_short(text) returns boolean language sql immutable as 'select length($1) < 900'`);
const user = await createUser("grant usage, create on schema first, public to $user");

/** What is made before the first run, if anything is, and what is changed between the runs. */
const CHANGES: Readonly<Record<string, string | readonly [before: string, change: string]>> = {
  "nothing": "select 1",
  "nothing, of columns with a limit": [
    "alter table t alter name type varchar(4000), alter email type varchar(4000)",
    "select 1",
  ],
  "another type of column": "alter table t alter name type varchar(4000)",
  "a type that is too short": "alter table t alter name type varchar(12) using left(name, 12)",
  "a number": "alter table t drop email; alter table t add email int",
  "a column that is gone": "alter table t drop email",
  "a column of another case": `alter table t rename email to "Email"`,
  "two columns that differ in case": `alter table t rename email to "Email";
    alter table t add "EMAIL" text`,
  "a table that is dropped": "drop table t",
  "a table that is made again": "drop table t; create table t (id int, name text, email text)",
  "another table of the name":
    "alter table t rename to old; create table t (id int, name text, email varchar(9))",
  "a view of the name": "alter table t rename to old; create view t as select * from old",
  "row-level security": "alter table t enable row level security",
  "forced row-level security": `alter table t enable row level security;
    alter table t force row level security; create policy p on t using (id < 10)`,
  "a trigger": "create trigger g before update on t for each row execute function quiet()",
  "a trigger that is replaced": [
    "create trigger g before insert on t for each row execute function quiet()",
    "drop trigger g on t; create trigger g before update on t for each row execute function quiet()",
  ],
  "a rule": "create rule r as on update to t do also notify n",
  "a foreign key to another table": `create table u (id text primary key);
    insert into u select name from t on conflict do nothing;
    alter table t add foreign key (name) references u`,
  "a foreign key of another table": `alter table t add unique (name);
    create table u (id text references t (name) on update set null)`,
  "a foreign key of another table that is changed": [
    "alter table t add unique (name); create table u (id text constraint k references t (name) on update cascade)",
    `alter table u drop constraint k;
     alter table u add constraint k foreign key (id) references t (name) on update set null`,
  ],
  "a table that inherits from it": "create table u () inherits (t)",
  "a parent": "create table u (id int, name text, email text); alter table t inherit u",
  "a partitioned table of the name": `alter table t rename to old;
    create table t (id int, name text, email text) partition by range (id);
    create table u partition of t for values from (0) to (50)`,
  "rights that are revoked": "revoke update on t from $user",
  "rights on a column that are revoked": [
    "revoke update on t from $user; grant update (name, email) on t to $user",
    "revoke update (email) on t from $user",
  ],
  "rights on the schema that are revoked": "revoke usage on schema first from $user",
  "rights of a role that is left": [
    "revoke update on t from $user; grant update on t to joined; grant joined to $user",
    "revoke joined from $user",
  ],
  "a setting of the role": "alter role $user set search_path = public",
  "a renamed schema": "alter schema first rename to second",
  "a schema of another case": `alter schema first rename to "First"`,
  "a twin of another case": `create table "T" (id int, name text, email text)`,
  "two twins of other cases": `alter table t rename to "T"; create table "tT" (a int);
    create schema "FIRST"; create table "FIRST"."T" (id int, name text, email text)`,
  "an event trigger": `create function quiet_too() returns event_trigger language plpgsql
    as $$begin end$$; create event trigger e on ddl_command_end execute function quiet_too()`,
  "a publication": "create publication p for table t",
  "a publication that needs an identity": [
    "alter table t replica identity nothing",
    "create publication p for table t",
  ],
  "a generated column": `alter table t drop email;
    alter table t add email text generated always as (name) stored`,
  "a generated column computed from one": `alter table t add more text
    generated always as (upper(name)) stored`,
  "a check": "alter table t add constraint c check (name !~ '^tok_') not valid",
  "a check that is replaced": [
    "alter table t add constraint c check (id > 0)",
    "alter table t drop constraint c; alter table t add constraint c check (email !~ '^tok_') not valid",
  ],
  "a function of others": "alter table t add constraint c check (is_short(name))",
  "a function of others that is replaced": [
    "alter table t add constraint c check (is_short(name))",
    `create or replace function is_short(text) returns boolean language sql immutable
      as 'select length($1) < 800'`,
  ],
  "a domain": "create domain d as text; alter table t alter name type d",
  "a constraint of a domain": [
    "create domain d as text; alter table t alter name type d",
    "alter domain d add constraint c check (value !~ '^tok_') not valid",
  ],
  "an index on an expression": "create index on t (lower(name))",
  "a unique index": "create unique index on t (name)",
  "a table that has grown": `insert into t select n, 'canary' || n, repeat('x', 1900)
    from generate_series(1, 6000) n`,
};

const WAYS: readonly (readonly [title: string, rows: number, options: ActionOptions])[] = [
  ["rows, in the client", 20, {}],
  ["rows, by push-down", 20, { pushdown: true }],
  ["nothing to do", 0, {}],
];

for (const [title, change] of Object.entries(CHANGES)) {
  Deno.test(`the second run says what a new program says after: ${title}`, async (t) => {
    for (const [way, rows, options] of WAYS) {
      await t.step(way, async () => {
        const known = await outcome(change, rows, options, { isKnown: true });
        const fresh = await outcome(change, rows, options, { isKnown: false });
        assert.deepEqual(known, fresh);
      });
    }
  });
}

Deno.test("nothing of another table of the name runs", async () => {
  await makeTable("", 20);
  await using action = openAction({ as: user, pushdown: true });
  await run(action);
  await sql.unsafe(`create sequence fired; grant usage on sequence fired to public;
    create function fire() returns trigger language plpgsql as
      $$begin perform nextval('first.fired'); return new; end$$;
    alter table t rename to old; create table t (id int, name text, email text);
    insert into t values (1, 'canary', 'canary'); grant select, update on t to public;
    create trigger thief before update on t for each row execute function fire()`);
  await action.fails("table_not_supported", "first.t", ["name", "email"]);
  const [fired] = await sql`select is_called from fired`;
  assert.equal(fired!.is_called, false);
});

Deno.test("another run on a table that is known is seen, and a lock is waited for", async () => {
  await makeTable("", 20);
  await using action = openAction({ as: user, lockTimeoutMs: 100 });
  for (let i = 0; i < 2; i++) await run(action);
  await using other = database.connect();
  await other.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${
      String(0x746f6b6en << 32n)
    }::int8 | 'first.t'::regclass::oid::int8)`;
    await action.fails("run_in_progress", "first.t", ["name", "email"]);
  });
  await other.begin(async (tx) => {
    await tx`lock table first.t in share mode`;
    await action.fails("lock_timeout", "first.t", ["name", "email"]);
  });
  assert.equal((await action.tokenize("first.t", ["name", "email"])).updated, 0);
});

type Outcome = readonly [
  outcome: Partial<Report> | { code: string; message: string },
  rows: unknown,
];

/** How a run ends, and the rows after it: by an action that ran before the change, or by a new one. */
async function outcome(
  change: string | readonly [string, string],
  rows: number,
  options: ActionOptions,
  { isKnown }: { readonly isKnown: boolean },
): Promise<Outcome> {
  const [before, between] = typeof change === "string" ? ["", change] : change;
  await makeTable(before, rows);
  await using action = openAction({ ...options, as: user });
  await using other = openAction({ ...options, as: user });
  for (let i = 0; i < 2; i++) await run(isKnown ? action : other);
  await sql.unsafe(sqlOf(between));
  if (rows > 0) {
    await sql.unsafe("insert into t (id, name) values (7777, 'canary')").catch(() => {});
  }
  const ended = await run(action);
  const [found] = await sql.unsafe(`select coalesce(json_agg(x order by x::text), '[]') as rows
    from (select * from ${await nameOf()}) x`);
  await tidy();
  return [ended, found!.rows];
}

async function run(action: Action): Promise<Outcome[0]> {
  try {
    const report = await action.tokenize("first.t", ["name", "email"]);
    const { run_id: _, elapsed_ms: __, ...said } = report;
    return said;
  } catch (error) {
    const { code, message } = error as ServiceError;
    return { code, message };
  }
}

function sqlOf(statement: string): string {
  return statement.replaceAll("$user", user.name);
}

async function makeTable(before: string, rows: number): Promise<void> {
  await tidy();
  await sql.unsafe(`set search_path = first, public;
    create table t (id int, name text, email text);
    insert into t select n, 'canary ' || n, 'canary' || n from generate_series(1, ${rows}) n;
    grant select, update on t to ${user.name}; ${sqlOf(before)}`);
}

/** The table, whatever it is called now. */
async function nameOf(): Promise<string> {
  const [found] = await sql`select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where lower(c.relname) = 't' and lower(n.nspname) in ('first', 'second')
    order by 1 desc limit 1`;
  return found?.name ?? "(select) none";
}

async function tidy(): Promise<void> {
  await sql.unsafe(`drop event trigger if exists e; drop publication if exists p;
    drop sequence if exists fired cascade; drop schema if exists second, "First", "FIRST", first cascade; create schema first;
    grant usage, create on schema first to ${user.name};
    revoke joined from ${user.name}; alter role ${user.name} reset search_path;
    create or replace function public.is_short(text) returns boolean language sql immutable
      as 'select length($1) < 900'`);
}
