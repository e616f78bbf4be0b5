/** What code in the database raises: nothing that it chose is passed on, whatever field it stands in. */
import assert from "node:assert/strict";
import {
  type ActionOptions,
  clientSdk,
  type RunOptions,
  useDatabase,
} from "../../support/action_fixture.ts";

const { sql, openAction, assertUnchanged } = await useDatabase();

/** Ways of raising; `$value` is the row's value, which is "canary" and a number. */
const RAISED: Readonly<Record<string, string>> = {
  "a constraint's name": "raise 'no' using constraint = $value",
  "a constraint's name, in a constraint's violation":
    "raise 'no' using errcode = '23505', constraint = $value, table = $value, schema = $value",
  "names of a column, table and type":
    "raise 'no' using column = $value, table = $value, datatype = $value, schema = $value",
  "a message, a detail and a hint": "raise '%', $value using detail = $value, hint = $value",
  "an SQLSTATE of its own": "raise 'no' using errcode = 'CANRY'",
  "an SQLSTATE of its own, in a known class": "raise 'no' using errcode = '23CAN'",
};

const PATHS: Readonly<Record<string, { action: ActionOptions; run?: RunOptions }>> = {
  "client": { action: { tokenSdk: clientSdk } },
  "pushdown": { action: { pushdown: true } },
  "batches": { action: {}, run: { commit: "batches" } },
  "rewrite": { action: { pushdown: true }, run: { strategy: "rewrite" } },
};

for (const [i, [what, statement]] of Object.entries(RAISED).entries()) {
  for (const [j, [path, { action: options, run }]] of Object.entries(PATHS).entries()) {
    Deno.test(`${what} that code in the database raises is not passed on (${path})`, async () => {
      const table = `raising_${i}_${j}`;
      await sql.unsafe(`create table ${table} (id int, name text);
        insert into ${table} values (1, 'canary');
        create function refuse_${i}_${j}(id int, value text) returns boolean language plpgsql as $$ begin
          if value = 'canary' then return true; end if;
          ${statement.replaceAll("$value", "concat('canary ', id)")}; end $$;
        alter table ${table} add constraint named check (refuse_${i}_${j}(id, name))`);
      await using action = openAction(options);
      const error = await assertUnchanged(
        table,
        () =>
          action.fails(
            ["constraint_violation", "database_error"],
            `public.${table}`,
            ["name"],
            run,
          ),
      );
      assert.doesNotMatch(Deno.inspect(error), /canary|CANRY|23CAN/);
      assert.deepEqual(Object.keys(error.facts), error.facts.sqlState ? ["sqlState"] : []);
    });
  }
}

/** Constraints that refuse tokens of the column `name`; each statement makes `$t`, and what belongs to it. */
const REAL: Readonly<Record<string, string>> = {
  "of the table": "create table $t (id int, name text constraint one check (name not like 'tok%'))",
  "of a partition": `create table $t (id int, name text) partition by list (id);
    create table $t_1 partition of $t (constraint one check (name not like 'tok%')) for values in (1)`,
  "of a domain's domain": `create domain $t_short as text constraint one check (length(value) < 10);
    create domain $t_domain as $t_short; create table $t (id int, name $t_domain)`,
  "of a foreign key to the table": `create table $t (id int, name text unique);
    create table $t_other (name text constraint one references $t (name));
    insert into $t values (2, 'canary 2'); insert into $t_other values ('canary 2')`,
  "of a table that a key carries the change to": `create table $t (id int, name text unique);
    create table $t_other (name text references $t (name) on update cascade,
      constraint one check (name not like 'tok%'));
    insert into $t values (2, 'canary 2'); insert into $t_other values ('canary 2')`,
  "of a unique index": `create table $t (id int, name text);
    create unique index one on $t ((name like 'tok%')) where name like 'tok%'; insert into $t values (2, 'canary 2')`,
};

for (const [i, [what, statement]] of Object.entries(REAL).entries()) {
  for (const [j, [path, { action: options, run }]] of Object.entries(PATHS).entries()) {
    if (path === "rewrite") continue; // which carries nothing to other tables
    Deno.test(`the name of a constraint ${what} is passed on (${path})`, async () => {
      await sql.unsafe(`create schema real_${i}_${j}; set search_path = real_${i}_${j};
        ${statement.replaceAll("$t", "t")}; insert into t values (1, 'canary'); reset search_path`);
      await using action = openAction(options);
      const error = await action.fails("constraint_violation", `real_${i}_${j}.t`, ["name"], run);
      assert.equal(error.facts.constraint, "one");
      assert.match(error.message, /, constraint "one"\)/);
    });
  }
}

Deno.test("an error that pretends to follow from another one is not taken for an earlier run's", async () => {
  await sql.unsafe(`
    create table earlier (id int, name text constraint one check (name not like 'tok%'));
    create table later (id int, name text);
    insert into earlier values (1, 'canary'); insert into later values (1, 'canary');
    create function pretend(value text) returns boolean language plpgsql as $$ begin
      if value = 'canary' then return true; end if; raise 'no' using errcode = '25P02'; end $$;
    alter table later add check (pretend(name))`);
  await using action = openAction();
  await action.fails("constraint_violation", "public.earlier", ["name"]);
  const error = await action.fails("database_error", "public.later", ["name"]);
  assert.match(error.message, /public\.later: .*\(SQLSTATE 25P02\)$/);
});
