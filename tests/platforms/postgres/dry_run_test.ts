/**
 * A dry run refuses what the run would refuse, with the same code and message, however the run would do
 * its work, and a plan names it too: for every reason that can be known before the first row is written.
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import {
  type ActionOptions,
  clientSdk,
  type RunOptions,
  useDatabase,
} from "../../support/action_fixture.ts";
import type { ErrorCode } from "../../../src/errors.ts";

const { sql, serverVersion, openAction, createUser, rowVersions } = await useDatabase();

interface Path {
  readonly action: ActionOptions;
  readonly run?: RunOptions;
}

const CLIENT: Path = { action: { tokenSdk: clientSdk } };
const PUSHDOWN: Path = { action: { pushdown: true } };
const REWRITE: Path = { action: { pushdown: true }, run: { strategy: "rewrite" } };
const PATHS: Readonly<Record<string, Path>> = {
  "client": CLIENT,
  "pushdown": PUSHDOWN,
  "batches": { ...CLIENT, run: { commit: "batches" } },
  "batches by push-down": { ...PUSHDOWN, run: { commit: "batches" } },
  "rewrite": REWRITE,
};

interface Refusal {
  readonly code: ErrorCode;
  /** What the message must name. */
  readonly named: RegExp;
  /** What is done to the table `people`, of which `name` is tokenized. */
  readonly statement?: string;
  /** What the role may do with the table; a superuser by default. */
  readonly grants?: string;
  readonly columns?: readonly string[];
  /** The paths it is about: by default all that update rows, or all. */
  readonly paths?: readonly string[];
  /** From which version of PostgreSQL on. */
  readonly since?: number;
}

const UPDATING = ["client", "pushdown", "batches", "batches by push-down"];
const AT_ONCE = ["client", "batches"];

/** A table that refers to `people` and takes its changes. */
const CARRIED = "alter table people add unique (name); create table pets (id int, owner text)";
const CARRYING =
  `alter table pets add constraint owned_by foreign key (owner) references people (name)
  on update cascade; insert into pets select n, 'canary ' || n from generate_series(1, 20) n`;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  // what the table and its columns are
  "a view": {
    code: "table_not_supported",
    named: /a view/,
    statement: "alter table people rename to folk; create view people as select * from folk",
  },
  "a column that is no text": {
    code: "column_not_tokenizable",
    named: /"id" is of type integer/,
    columns: ["id"],
  },
  "a missing column": { code: "column_not_found", named: /"missing"/, columns: ["missing"] },
  "a generated column": {
    code: "column_not_tokenizable",
    named: /"copy" is generated/,
    statement: "alter table people add copy text generated always as (name) stored",
    columns: ["copy"],
  },
  "a member in which the column is generated": {
    code: "column_not_tokenizable",
    named: /"name" is generated .* in "member"/,
    statement: `create table member (id int, source text,
      name text generated always as (source) stored); alter table member inherit people`,
    since: -15,
  },
  "triggers": {
    code: "table_not_supported",
    named: /"copies"/,
    statement: `create function nothing() returns trigger language plpgsql as
      $$ begin return new; end $$;
      create trigger copies before update on people for each row execute function nothing()`,
    paths: UPDATING,
  },
  "a foreign key that is off": {
    code: "table_not_supported",
    named: /"knows"/,
    statement: `alter table people add unique (name);
      create table pets (owner text constraint knows references people (name));
      alter table people disable trigger all`,
  },
  "a foreign key that sets rows to NULL": {
    code: "table_not_supported",
    named: /"knows"/,
    statement: `alter table people add unique (name);
      create table pets (owner text constraint knows references people (name) on update set null)`,
  },
  "a publication without a replica identity": {
    code: "table_not_supported",
    named: /"news"/,
    statement: "create publication news for table people",
    paths: UPDATING,
  },
  "a rewrite of a published table": {
    code: "table_not_supported",
    named: /published/,
    statement: "alter table people add primary key (id); create publication news for table people",
    paths: ["rewrite"],
  },
  "keys within the table, in batches": {
    code: "table_not_supported",
    named: /"knows"/,
    statement: `alter table people add unique (name), add other text;
      alter table people add constraint knows foreign key (other) references people (name)`,
    columns: ["name", "other"],
    paths: ["batches", "batches by push-down"],
  },

  ...Object.fromEntries(
    Object.entries({
      'view "folk"': "create view folk as select name from people",
      'rule "quiet"':
        "create rule quiet as on update to people where new.name <> '' do also nothing",
      'policy "few"': "create policy few on people using (name <> '')",
      'trigger "copies"': `create function nothing() returns trigger language plpgsql as
          $$ begin return new; end $$;
        create trigger copies before update of name on people for each row execute function nothing()`,
      'generated column "copy"':
        "alter table people add copy text generated always as (name) stored",
      'partition key of "people"': `drop table people;
        create table people (id int, name text) partition by hash (name);
        create table people_0 partition of people for values with (modulus 1, remainder 0);
        insert into people select n, 'canary ' || n from generate_series(1, 20) n`,
      'column "one"': "create table pairs (one people)",
    }).map(([what, statement]) => [
      `a rewrite of a column that other objects depend on: ${what}`,
      {
        code: "table_not_supported" as const,
        named: new RegExp(`other objects depend on \\(${what}\\): update it instead`),
        statement,
        paths: ["rewrite"],
      },
    ]),
  ),
  "a rewrite of a column that other objects depend on: a function": {
    code: "table_not_supported",
    named: /other objects depend on \(function "names"\)/,
    statement: `create function names() returns setof text language sql
      begin atomic select name from town.people; end`,
    paths: ["rewrite"],
    since: 14,
  },
  "a rewrite of inherited columns": {
    code: "table_not_supported",
    named: /inherits its columns \("name"\)/,
    statement: "create table folk (name text); alter table people inherit folk",
    paths: ["rewrite"],
  },
  "a rewrite that fires event triggers": {
    code: "table_not_supported",
    named: /event triggers \("note_it"\)/,
    statement: `create function note() returns event_trigger language plpgsql as $$ begin end $$;
      create event trigger note_it on table_rewrite execute function note()`,
    paths: ["rewrite"],
  },

  // what the role may do
  "no right to update the column": {
    code: "permission_denied",
    named: /UPDATE on column "name"/,
    grants: "select, update (id)",
  },
  "no right to read row addresses": {
    code: "permission_denied",
    named: /row addresses/,
    grants: "select (id, name), update (name)",
    paths: AT_ONCE,
  },
  "another role's table": {
    code: "permission_denied",
    named: /owner/,
    grants: "select, update",
    paths: ["rewrite"],
  },
  "row-level security": {
    code: "permission_denied",
    named: /row-level security/,
    statement: "alter table people enable row level security",
    grants: "select, update",
  },

  // what the columns take
  "a column too short": {
    code: "value_too_long",
    named: /"name" holds 12 characters/,
    statement: "alter table people alter name type varchar(12)",
  },
  "a CHECK constraint": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "no_tokens"/,
    statement: "alter table people add constraint no_tokens check (name not like 'tok%')",
  },
  "a CHECK constraint that older rows do not meet, on another column": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "not_seven"/,
    statement: "alter table people add constraint not_seven check (id <> 7) not valid",
    paths: UPDATING,
  },
  "a CHECK constraint with a function": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "no_tokens"/,
    statement: `create function is_fine(text) returns boolean language sql immutable as
        $$ select $1 not like 'tok%' $$;
      alter table people add constraint no_tokens check (town.is_fine(name))`,
  },
  "a CHECK constraint with a function that raises": {
    code: "constraint_violation",
    named: /a trigger or function refuses the tokens/,
    statement: `create function is_canary(text) returns boolean language plpgsql immutable as
        $$ begin if $1 like 'canary%' then return true; end if; raise 'canary'; end $$;
      alter table people add check (town.is_canary(name))`,
  },
  "a CHECK constraint with a function that may do anything": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "no_tokens"/,
    statement: `create function is_fine(text) returns boolean language sql volatile as
        $$ select $1 not like 'tok%' $$;
      alter table people add constraint no_tokens check (town.is_fine(name))`,
    paths: ["client", "pushdown", "rewrite"],
  },
  "a CHECK constraint that cannot compute with tokens": {
    code: "constraint_violation",
    named: /SQLSTATE 22P02/,
    statement: "alter table people add check (substr(name, 8)::int > 0)",
  },
  "a domain's constraint": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "brief"/,
    statement: `create domain brief_text as text constraint brief check (length(value) < 12);
      alter table people alter name type brief_text`,
  },
  "a partition's own constraint": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "no_tokens"/,
    statement: `drop table people; create table people (id int, name text) partition by hash (id);
      create table people_0 partition of people (constraint no_tokens check (name not like 'tok%'))
        for values with (modulus 1, remainder 0);
      insert into people select n, 'canary ' || n from generate_series(1, 20) n`,
  },
  "a partition key": {
    code: "constraint_violation",
    named: /SQLSTATE 23514\)/,
    statement:
      `drop table people; create table people (id int, name text) partition by range (name);
      create table people_c partition of people for values from ('c') to ('d');
      insert into people select n, 'canary ' || n from generate_series(1, 20) n`,
    paths: UPDATING,
  },
  "a generated column that cannot compute with tokens": {
    code: "constraint_violation",
    named: /SQLSTATE 22P02/,
    statement:
      "alter table people add number int generated always as (substr(name, 8)::int) stored",
    paths: UPDATING,
  },
  "a generated column that is too short": {
    code: "value_too_long",
    named: /SQLSTATE 22001/,
    statement: "alter table people add copy varchar(12) generated always as (name) stored",
    paths: UPDATING,
  },
  "a CHECK constraint on a generated column": {
    code: "constraint_violation",
    named: /SQLSTATE 23514, constraint "brief"/,
    statement: `alter table people add size int generated always as (length(name)) stored,
      add constraint brief check (size < 12)`,
    paths: UPDATING,
  },
  "an index on an expression that cannot compute with tokens": {
    code: "constraint_violation",
    named: /SQLSTATE 22P02/,
    statement: "create index on people ((substr(name, 8)::int))",
  },
  "a value whose token is there already": {
    code: "constraint_violation",
    named: /SQLSTATE 23505, constraint "one_each"/,
    statement: `create unique index one_each on people (name);
      update people set name = 'tok_Y2FuYXJ5IDc=_poc' where id = 3`,
  },
  "a unique index on an expression": {
    code: "constraint_violation",
    named: /SQLSTATE 23505, constraint "one_token"/,
    statement:
      "create unique index one_token on people ((name like 'tok%')) where name like 'tok%'",
  },
  "an exclusion constraint": {
    code: "constraint_violation",
    named: /SQLSTATE 23P01, constraint "no_two_lengths"/,
    statement:
      `delete from people where id not in (1, 10); update people set name = 'canary' where id = 1;
      alter table people add constraint no_two_lengths exclude using btree (length(name) with =);
      update people set name = 'canaries' where id = 1`,
  },
  "values that other tables refer to": {
    code: "constraint_violation",
    named: /Cannot tokenize .*SQLSTATE 23503, constraint "knows"/,
    statement: `alter table people add unique (name);
      create table pets (owner text constraint knows references people (name));
      insert into pets values ('canary 7')`,
  },
  "values that other tables refer to, with RESTRICT": {
    code: "constraint_violation",
    named: /SQLSTATE (23001|23503), constraint "knows"/,
    statement: `alter table people add unique (name);
      create table pets (owner text constraint knows references people (name) on update restrict);
      insert into pets values ('canary 7')`,
  },
  "values that other tables refer to, until COMMIT": {
    code: "constraint_violation",
    named: /Cannot commit the run: .*SQLSTATE 23503, constraint "knows"/,
    statement: `alter table people add unique (name);
      create table pets (owner text constraint knows references people (name) deferrable initially deferred);
      insert into pets values ('canary 7')`,
    paths: UPDATING,
  },
  "values of another table": {
    code: "constraint_violation",
    named: /SQLSTATE 23503, constraint "knows"/,
    statement:
      `create table pets (owner text primary key); insert into pets select name from people;
      alter table people add constraint knows foreign key (name) references pets (owner)`,
  },
  "one side of a key within the table": {
    code: "constraint_violation",
    named: /SQLSTATE 23503, constraint "knows"/,
    statement:
      `alter table people add unique (name), add other text; update people set other = 'canary 7';
      alter table people add constraint knows foreign key (other) references people (name)`,
  },
  "a rewrite of values to which a key would carry an update": {
    code: "constraint_violation",
    named: /SQLSTATE 23503, constraint "owned_by"/,
    statement: `${CARRIED}; ${CARRYING}`,
    paths: ["rewrite"],
  },

  // what the columns of other tables take, to which keys carry the change
  "a column too short in another table": {
    code: "value_too_long",
    named: /column "owner" of "town.pets", to which a foreign key carries the change, holds 12/,
    statement: `${CARRIED}; alter table pets alter owner type varchar(12); ${CARRYING}`,
    paths: UPDATING,
  },
  "a column too short at the end of several keys": {
    code: "value_too_long",
    named: /column "keeper" of "town.toys"/,
    statement: `${CARRIED}; ${CARRYING}; alter table pets add unique (owner);
      create table toys (keeper varchar(12) references pets (owner) on update cascade);
      insert into toys values ('canary 7')`,
    paths: UPDATING,
  },
  "a CHECK constraint in another table": {
    code: "constraint_violation",
    named: /change to "owner" of "town.pets", .*, constraint "no_tokens"/,
    statement: `${CARRIED}; alter table pets add constraint no_tokens check (owner not like 'tok%');
      ${CARRYING}`,
    paths: UPDATING,
  },
  "a domain's constraint in another table": {
    code: "constraint_violation",
    named: /change to "owner" of "town.pets"/,
    statement: `create domain brief_text as text constraint brief check (length(value) < 12);
      ${CARRIED}; alter table pets alter owner type brief_text; ${CARRYING}`,
    paths: UPDATING,
  },
  "a partition key of another table": {
    code: "constraint_violation",
    named: /change to "owner" of "town.pets_c"/,
    statement: `alter table people add unique (name);
      create table pets (id int, owner text) partition by range (owner);
      create table pets_c partition of pets for values from ('c') to ('d'); ${CARRYING}`,
    paths: UPDATING,
  },
  "a key from a third table to another table": {
    code: "constraint_violation",
    named: /change to "owner" of "town.pets", .*, constraint "keeps"/,
    statement: `${CARRIED}; ${CARRYING}; alter table pets add unique (owner);
      create table toys (keeper text constraint keeps references pets (owner));
      insert into toys values ('canary 7')`,
    paths: UPDATING,
  },
  "a key from partitions of another table": {
    code: "value_too_long",
    named: /column "owner" of "town.pets_0"/,
    statement: `alter table people add unique (name);
      create table pets (id int, owner varchar(12)) partition by hash (id);
      create table pets_0 partition of pets for values with (modulus 1, remainder 0); ${CARRYING}`,
    paths: UPDATING,
  },
};

/** Makes the table in a schema of its own, in which the statements are run. */
const RESET =
  `drop publication if exists news; drop event trigger if exists note_it; drop schema if exists town cascade;
  create schema town; set search_path = town; create table people (id int, name text);
  insert into people select n, 'canary ' || n from generate_series(1, 20) n`;

for (const [title, refusal] of Object.entries(REFUSALS)) {
  const { code, named, statement = "", grants, columns = ["name"], since = 0 } = refusal;
  const isPossible = since < 0 ? serverVersion <= -since : serverVersion >= since;
  Deno.test(`a dry run refuses what each run would refuse: ${title}`, async (test) => {
    if (!isPossible) return console.log(`skipped: PostgreSQL ${serverVersion} has no such table`);
    await sql.unsafe(`${RESET}; ${statement}`);
    const user = grants === undefined ? undefined : await createUser(
      "grant usage on schema town to $user",
      `grant ${grants} on people to $user`,
    );
    for (const [name, path] of Object.entries(PATHS)) {
      if (!(refusal.paths ?? Object.keys(PATHS)).includes(name)) continue;
      await test.step(name, async () => {
        await using action = openAction({ ...path.action, ...(user && { as: user }) });
        const before = title === "a view" ? [] : await rowVersions("people");
        const refuse = (dryRun: boolean) =>
          action.fails(code, "town.people", columns, { ...path.run, dryRun });
        const done = await refuse(false);
        const tried = await refuse(true);
        if (title !== "a view") assert.deepEqual(await rowVersions("people"), before);
        assert.match(done.message, named);
        assert.equal(tried.message, done.message);
        assert.deepEqual(tried.facts, done.facts);
        const { obstacles, possible } = await action.plan("town.people", columns, path.run);
        assert.equal(possible, false);
        const expected = { code: done.code, detail: done.message };
        assert.ok(obstacles.some((each) => isDeepStrictEqual(each, expected)), String(obstacles));
      });
    }
  });
}

/** What looks like a hindrance, and is none: all twenty rows are tokenized. */
const HARMLESS: Readonly<Record<string, string>> = {
  "conditions of every kind that tokens meet": `create domain any_text as text check (value <> '');
    create function is_fine(text) returns boolean language sql immutable as $$ select true $$;
    alter table people alter name type any_text, add check (length(name) < 100),
      add check (town.is_fine(name)), add unique (name),
      add copy varchar(60) generated always as (lower(name)) stored;
    create index on people (upper(name)); create unique index on people (lower(name)) where id > 3;
    alter table people add constraint apart exclude using btree (name with =)`,
  "a constraint that NULL meets, and one on rows that do not change": `alter table people
      add check (name is null or name <> 'x'), add old text;
    update people set old = 'canary'; insert into people values (21, 'tok_Y2FuYXJ5IDIx_poc', null);
    alter table people add check (id < 21 or name like 'tok%')`,
  "names that need quotes": `alter table people rename to "Peo""ple t"; alter table "Peo""ple t"
      add "Full ""name"" t" text; alter table "Peo""ple t" rename to people;
    alter table people add check ("Full ""name"" t" is null), add check (coalesce(name, "Full ""name"" t") <> '')`,
  "a column named like what the statements use": `alter table people add t text, add batch text,
      add token_0 text, add row_ctid text, add check (coalesce(t, batch, token_0, row_ctid, name) <> '')`,
  "partitions that take any text": `drop table people;
    create table people (id int, name text) partition by list (name);
    create table people_1 partition of people for values in ('canary 1');
    create table people_2 partition of people default;
    insert into people select n, 'canary ' || n from generate_series(1, 20) n`,
  "unique keys with NULL, more columns or equal texts of other rows":
    `alter table people add other text;
    create unique index on people (name, other); create unique index on people (other, name);
    insert into people values (21, null, null), (22, null, null)`,
  "keys from other tables to rows that do not change": `alter table people add unique (name);
    insert into people values (21, 'tok_Y2FuYXJ5IDIx_poc');
    create table pets (owner text references people (name)); insert into pets values (null), ('tok_Y2FuYXJ5IDIx_poc')`,
  "keys to another table that has the tokens": `create table pets (owner text primary key);
    insert into pets select 'tok_' || translate(encode(name::bytea, 'base64'), E'\\n', '') || '_poc' from people
      union all select name from people;
    alter table people add foreign key (name) references pets (owner)`,
  "keys that carry the change to columns that take it": `${CARRIED}; ${CARRYING};
    alter table pets add check (owner <> ''), add unique (owner), add unique (id, owner);
    create table toys (keeper varchar(60) references pets (owner) on update cascade);
    insert into toys select owner from pets limit 3`,
  "a key of several columns that carries nothing to rows with a NULL": `
    alter table people add unique (id, name);
    create table pets (person int, owner varchar(31) check (owner not like 'tok%bG9uZ%'),
      foreign key (person, owner) references people (id, name) on update cascade);
    insert into pets values (1, 'canary 1'), (null, 'a value that is much longer')`,
  "a partitioned table that a key carries the change to": `alter table people add unique (name);
    create table pets (id int, owner text) partition by hash (owner);
    create table pets_0 partition of pets for values with (modulus 2, remainder 0);
    create table pets_1 partition of pets for values with (modulus 2, remainder 1); ${CARRYING}`,
};

for (const [title, statement] of Object.entries(HARMLESS)) {
  for (const [name, path] of Object.entries(PATHS)) {
    if (name === "rewrite") continue;
    Deno.test(`a dry run and a run have the same counts: ${title} (${name})`, async () => {
      await sql.unsafe(`${RESET}; ${statement}`);
      await using action = openAction(path.action);
      const counts = async (dryRun: boolean) => {
        const run = { ...path.run, dryRun };
        const { updated, skipped } = await action.tokenize("town.people", ["name"], run);
        return { updated, skipped };
      };
      const tried = await counts(true);
      assert.equal(tried.updated, 20);
      const plan = await action.plan("town.people", ["name"], path.run);
      assert.deepEqual(plan.obstacles, []);
      assert.equal(plan.would_update, 20);
      assert.deepEqual(await counts(false), tried);
      assert.equal((await counts(true)).updated, 0);
    });
  }
}

Deno.test("a dry run leaves a CHECK constraint that writes to the run", async () => {
  await sql.unsafe(`${RESET}; create table calls (name text);
    create function note(text) returns boolean language sql volatile as
      $$ insert into town.calls values ($1); select true $$;
    alter table people add constraint noted check (town.note(name)),
      add constraint no_tokens check (name not like 'tok%');
    delete from calls`);
  await using action = openAction();
  const refuse = (dryRun: boolean) =>
    action.fails("constraint_violation", "town.people", ["name"], { dryRun });
  assert.equal((await refuse(true)).message, (await refuse(false)).message);
  await sql`alter table people drop constraint no_tokens`;
  const report = await action.tokenize("town.people", ["name"], { dryRun: true });
  assert.equal(report.updated, 20);
  assert.equal((await sql`select from calls`).length, 0);
});

Deno.test("a dry run refuses what the run would refuse: a rewrite by an SDK without SQL", async () => {
  await sql.unsafe(RESET);
  await using action = openAction({ tokenSdk: clientSdk });
  const refuse = (dryRun: boolean) =>
    action.fails("invalid_request", "town.people", ["name"], { ...REWRITE.run, dryRun });
  const [tried, done] = [await refuse(true), await refuse(false)];
  assert.equal(tried.message, done.message);
});
