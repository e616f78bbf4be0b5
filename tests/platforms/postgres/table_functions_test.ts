/**
 * Functions in a table's definition run with the rights of the role that writes the table, or only reads
 * it: those of others are found before, and run only if they are allowed to.
 *
 * Here mallory owns the tables. What she writes into them fails, with a canary, as soon as anybody else
 * runs it: so a run that is refused for another reason has run none of it.
 */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import {
  type ActionOptions,
  clientSdk,
  dummySdk,
  type RunOptions,
  tokenOf,
  useDatabase,
} from "../../support/action_fixture.ts";
import { testUnless } from "../../support/skipping.ts";

/** One way to do the work. */
interface Path {
  readonly action: ActionOptions;
  readonly run?: RunOptions;
}

const { sql, openAction, createUser, valuesOf } = await useDatabase();
const [version] = await sql`select current_setting('server_version_num')::int as number`;
const mallory = await createUser("create schema authorization $user");
const clerk = await createUser(`grant ${mallory.name} to $user`); // as which nobody may pass as the clerk
const boss = await createUser(`grant ${clerk.name} to $user`); // who may do all that the clerk may
const schema = mallory.name;

/** Runs SQL as that role; `$s` is mallory's schema. */
function as(role: string, ...statements: string[]): Promise<unknown> {
  const text = statements.join(";").replaceAll("$s", schema);
  return sql.unsafe(
    `set role ${role}; set search_path = pg_catalog; ${text}; reset role; reset search_path`,
  );
}

/** SQL for the body of a function that fails when anybody but its author runs it. */
const SPY = `plpgsql immutable as $body$ begin
  if current_user <> '${mallory.name}' then raise 'canary' using errcode = '55P03'; end if;`;

await sql`create extension citext`;
await sql`create extension hstore`;
await as(
  mallory.name,
  `create function $s.spy(text) returns text language ${SPY} return $1; end $body$`,
  `create function $s.ok(text) returns boolean language ${SPY} return true; end $body$`,
  `create function $s.differ(float8, float8) returns float8 language ${SPY} return $2 - $1; end $body$`,
  `create domain $s.checked as text constraint spied check ($s.ok(value))`,
  `create domain $s.twice_checked as $s.checked`,
  `create type $s.span as range (subtype = float8, subtype_diff = $s.differ)`,
  `create type $s.pair as (left_side int, right_side $s.checked)`,
  `create function $s.same($s.pair, $s.pair) returns boolean language ${SPY} return true; end $body$`,
  `create operator $s.=== (leftarg = $s.pair, rightarg = $s.pair, function = $s.same)`,
  `create type $s.wrapped as (inner_text text)`,
  `create function $s.unwrap($s.wrapped) returns text language ${SPY} return 'x'; end $body$`,
  `create cast ($s.wrapped as text) with function $s.unwrap($s.wrapped)`,
);

/** What mallory may do to her table `$t`, and what the refusal names. */
const REFUSED: Readonly<Record<string, [statement: string, named: RegExp]>> = {
  "a CHECK constraint": [
    "alter table $t add constraint spied check ($s.ok(name))",
    /\(constraint "spied": function "\w+\.ok" of "\w+"\)/,
  ],
  "a CHECK constraint on another column": [
    "alter table $t add constraint spied check ($s.ok(email))",
    /constraint "spied": function "\w+\.ok"/,
  ],
  "an index on an expression": [
    "create index on $t ($s.spy(name))",
    /index "\w+": function "\w+\.spy"/,
  ],
  "an index's predicate": [
    "create index on $t (id) where $s.ok('always')",
    /index "\w+": function "\w+\.ok"/,
  ],
  "an exclusion constraint": [
    "alter table $t add constraint apart exclude using hash ($s.spy(name) with =)",
    /index "apart": function "\w+\.spy"/,
  ],
  "a generated column": [
    "alter table $t add copy text generated always as ($s.spy(email)) stored",
    /generated column "copy": function "\w+\.spy"/,
  ],
  "the domain of a column": [
    "alter table $t alter name type $s.checked",
    /column "name": function "\w+\.ok"/,
  ],
  "a domain of a domain": [
    "alter table $t alter name type $s.twice_checked",
    /column "name": function "\w+\.ok"/,
  ],
  "a domain inside a type that a constraint makes": [
    "alter table $t add constraint spied check (row(1, name)::$s.pair is not null)",
    /constraint "spied": function "\w+\.ok"/,
  ],
  "an operator": [
    "alter table $t add pair $s.pair, add constraint spied check (pair operator($s.===) pair)",
    /constraint "spied": function "\w+\.same"/,
  ],
  "a cast of a column's type": [
    "alter table $t add packed $s.wrapped",
    /column "packed": function "\w+\.unwrap"/,
  ],
  "an index on a range type": [
    "alter table $t add period $s.span; create index on $t using gist (period)",
    /column "period": function "\w+\.differ"/,
  ],
  "an inheriting table": [
    "create table $t_child () inherits ($t); alter table $t_child add constraint spied check ($s.ok(name))",
    /constraint "spied": function "\w+\.ok"/,
  ],
  "a table that a key carries the change to": [
    `alter table $t add unique (name); create table $t_copies (name text references $t (name)
       on update cascade, constraint spied check ($s.ok(name)))`,
    /constraint "spied": function "\w+\.ok"/,
  ],
  "a query as text": [
    "alter table $t add constraint spied check (query_to_xml('select $s.spy(''x'')', true, true, '') is not null)",
    /constraint "spied": function "pg_catalog\.query_to_xml"/,
  ],
  "a table's contents as XML": [
    "alter table $t add constraint spied check (table_to_xml('$s.view', true, true, '') is not null)",
    /constraint "spied": function "pg_catalog\.table_to_xml"/,
  ],
  "a function that writes files": [
    "alter table $t add constraint spied check (lo_export(1, '/tmp/canary') = 1) not valid",
    /constraint "spied": function "pg_catalog\.lo_export"/,
  ],
};

const ALLOWED: Readonly<Record<string, string>> = {
  "a superuser": "alter table $t add constraint fine check (public.fine(name))",
  "an extension":
    "alter table $t alter email type public.citext; create unique index on $t (email); " +
    "create index on $t (public.hstore('name', name))",
  "the system": `alter table $t add constraint now_and_then check (
    clock_timestamp() > '2000-01-01' and length(name) > 0 and name <> upper(repeat('a', 2)))`,
  "the role itself": "alter table $t add constraint fine check (public.own(name))",
  "a role that has all its rights": "alter table $t add constraint fine check (public.bosss(name))",
  "mallory, as a default":
    "alter table $t add note text default $s.spy('x'), alter email set default $s.spy('y')",
  "mallory, in the domain of another column": "alter table $t add code $s.checked unique",
};

await sql.unsafe(`
  create function public.fine(text) returns boolean language sql as 'select true';
  create function public.own(text) returns boolean language sql as 'select true';
  alter function public.own(text) owner to ${clerk.name};
  create function public.bosss(text) returns boolean language sql as 'select true';
  alter function public.bosss(text) owner to ${boss.name}`);
await as(mallory.name, "create view $s.view as select 1 as one");

/** Makes a table of mallory's, which the clerk may read and update. Gives its name in a dataset's. */
async function makeTable(name: string, ...statements: string[]): Promise<string> {
  const table = `${schema}.${name}`;
  await as(
    mallory.name,
    `create table ${table} (id int, name text, email text)`,
    `insert into ${table} select n, 'canary ' || n, 'e' || n from generate_series(1, 20) n`,
    ...statements.map((each) => each.replaceAll("$t", table)),
  );
  await sql.unsafe(`grant usage on schema ${schema} to ${clerk.name};
    grant select, update on ${table} to ${clerk.name}`);
  return table;
}

for (const [i, [title, [statement, named]]] of Object.entries(REFUSED).entries()) {
  Deno.test(`a function of others in ${title} is refused by name, and does not run`, async () => {
    const table = await makeTable(`refused_${i}`, statement);
    for (const as of [clerk, undefined]) {
      await using action = openAction(as && { as });
      for (const dryRun of [true, false]) {
        const error = await action.fails("table_not_supported", table, ["name"], { dryRun });
        assert.match(error.message, named);
        assert.match(error.message, /set ALLOW_TABLE_FUNCTIONS=true to let them$/);
      }
    }
  });
}

testUnless(
  version!.number < 140000 ? "before PostgreSQL 14 statistics have no expressions" : undefined,
  "a function of others in statistics is refused by name, and does not run",
  async () => {
    const table = await makeTable(
      "measured",
      `create statistics $s.spying on id, ($s.spy('always') || name) from $t`,
    );
    await using action = openAction({ as: clerk });
    const error = await action.fails("table_not_supported", table, ["name"], { dryRun: true });
    assert.match(error.message, /statistics "spying": function "\w+\.spy"/);
  },
);

for (const [i, returned] of ["checked", "pair"].entries()) {
  testUnless(
    version!.number < 170000 ? "before PostgreSQL 17 there is no JSON_VALUE" : undefined,
    `a function of others in what JSON_VALUE and JSON_QUERY return is refused by name (${returned})`,
    async () => {
      const call = returned === "checked" ? "json_value" : "json_query";
      const table = await makeTable(
        `json_${i}`,
        `alter table $t add constraint spied check (${call}(
           jsonb_build_object('right_side', name), '$' returning $s.${returned}) is not null) not valid`,
      );
      await using action = openAction({ as: clerk });
      const error = await action.fails("table_not_supported", table, ["name"]);
      assert.match(error.message, /constraint "spied": function "\w+\.ok"/);
    },
  );
}

Deno.test("a function of others in a partition key is refused by name, on the partition too", async () => {
  await as(
    mallory.name,
    "create table $s.parted (id int, name text) partition by hash ($s.spy(name))",
    "create table $s.parted_0 partition of $s.parted for values with (modulus 1, remainder 0)",
    "insert into $s.parted select n, 'canary ' || n from generate_series(1, 20) n",
  );
  await sql.unsafe(`grant select, update on all tables in schema ${schema} to ${clerk.name}`);
  await using action = openAction({ as: clerk });
  for (const name of ["parted", "parted_0"]) {
    const error = await action.fails("table_not_supported", `${schema}.${name}`, ["name"]);
    assert.match(error.message, /partition key "parted": function "\w+\.spy"/);
  }
});

const PATHS: Readonly<Record<string, Path>> = {
  "on push-down": { action: { pushdown: true } },
  "on the client path": { action: { tokenSdk: clientSdk } },
  "in batches": { action: {}, run: { commit: "batches" } },
  "by a rewrite": { action: { pushdown: true }, run: { strategy: "rewrite" } },
  "in a rotation": {
    action: { tokenSdk: clientSdk, rotateFrom: { sdk: dummySdk, keyId: undefined } },
  },
};

for (const [i, [title, { action: options, run }]] of Object.entries(PATHS).entries()) {
  Deno.test(`no function of others runs ${title}`, async () => {
    const table = await makeTable(`path_${i}`, "create index on $t (id) where $s.ok('always')");
    await using action = openAction(options);
    await action.fails("table_not_supported", table, ["name"], run);
  });
}

for (const [i, [title, statement]] of Object.entries(ALLOWED).entries()) {
  Deno.test(`a function of ${title} is no obstacle`, async () => {
    const table = await makeTable(`allowed_${i}`, statement);
    await using action = openAction({ as: clerk });
    assert.equal((await action.tokenize(table, ["name"])).updated, 20);
  });
}

Deno.test("a policy's function does not run, since no policy applies to a role that may do the work", async () => {
  const table = await makeTable(
    "secured",
    "alter table $t enable row level security",
    "create policy spied on $t using ($s.ok(name))",
  );
  const reader = await createUser(
    `grant usage on schema ${schema} to $user`,
    `grant select, update on ${table} to $user`,
  );
  await using action = openAction({ as: reader });
  await action.fails("permission_denied", table, ["name"]);
  await sql.unsafe(`alter role ${reader.name} bypassrls`);
  assert.equal((await action.tokenize(table, ["name"])).updated, 20);
});

Deno.test("a superuser's function in an extension that changes more than its result is refused in a CHECK of others", async () => {
  await sql.unsafe(`create function public.run_text(text) returns boolean language plpgsql as
    $$begin execute $1; return true; end$$; alter extension hstore add function public.run_text(text)`);
  const table = await makeTable(
    "by_extension",
    "alter table $t add constraint spied check (id < 1000 or public.run_text('select 1'))",
  );
  await using action = openAction({ as: clerk });
  const error = await action.fails("table_not_supported", table, ["name"]);
  assert.match(error.message, /function "public\.run_text"/);
});

Deno.test("functions that are allowed run, and the run goes on", async () => {
  await as(
    mallory.name,
    "create function $s.harmless(text) returns boolean language sql immutable as 'select true'",
  );
  const table = await makeTable(
    "let_go",
    "alter table $t add constraint fine check ($s.harmless(name))",
  );
  await using action = openAction({ as: clerk, allowTableFunctions: true });
  const dry = await action.tokenize(table, ["name"], { dryRun: true });
  assertReport(dry, { updated: 20, skipped: 0 });
  assertReport(await action.tokenize(table, ["name"]), { updated: 20, skipped: 0 });
  assert.equal((await valuesOf(table, "name"))[0], tokenOf("canary 1"));
});

Deno.test("a function that is allowed runs with the role's rights", async () => {
  const table = await makeTable("let_go_spy", "create index on $t ($s.spy(name))");
  await using action = openAction({ as: clerk, allowTableFunctions: true });
  await action.fails("lock_timeout", table, ["name"]);
});
