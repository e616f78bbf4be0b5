/**
 * Somebody swaps or alters the table between its look-up and the first statement on it: nothing of the
 * other definition runs, not even what a rollback could not undo. A sequence counts how often it did.
 */
import assert from "node:assert/strict";
import {
  type ActionOptions,
  dummySdk,
  type RunOptions,
  useDatabase,
} from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql, openAction, createUser } = database;

await sql.unsafe(`create sequence fired;
  grant usage on sequence fired to public;
  create function fire() returns trigger language plpgsql as
    $$begin perform nextval('public.fired'); return new; end$$;
  create function look(text) returns text language plpgsql as
    $$begin perform nextval('public.fired'); return $1; end$$`);

const TRIGGER = "for each row execute function fire()";

const SWAPS: Readonly<Record<string, string>> = {
  "a trigger is added": `create trigger thief before update on target ${TRIGGER}`,
  "a table with a trigger takes the name":
    `create table other (id int, name text, note text); insert into other table target;
     create trigger thief before update on other ${TRIGGER};
     grant select (name), update (name) on other to public;
     alter table target rename to gone; alter table other rename to target`,
  "a view that calls a function takes the name": `alter table target rename to gone;
     create view target as select id, look(name) as name, note from gone;
     grant select (name), update (name) on target to public`,
  "a rule is added":
    "create rule thief as on update to target do also select nextval('public.fired')",
  "a trigger is added to a partition": `create trigger thief before update on part ${TRIGGER}`,
  "a partition with a trigger is attached": `create table more (like target);
     insert into more values (200, 'canary', 'n'); create trigger thief before update on more ${TRIGGER};
     alter table target attach partition more for values from (100) to (300)`,
};

const WAYS: Readonly<Record<string, readonly [options: ActionOptions, run: RunOptions]>> = {
  "client": [{}, {}],
  "pushdown": [{ pushdown: true }, {}],
  "batches": [{ pushdown: true }, { commit: "batches" }],
  "dry run": [{}, { dryRun: true }],
  "rewrite": [{}, { strategy: "rewrite" }],
};

async function makeTarget(title: string): Promise<void> {
  const isPartitioned = title.includes("partition");
  await sql.unsafe(`drop view if exists target; alter sequence fired restart`).catch(() => {});
  await sql.unsafe(`drop table if exists target, gone, other cascade;
    alter sequence fired restart;
    create table target (id int, name text, note text) ${
    isPartitioned ? "partition by range (id)" : ""
  };
    ${isPartitioned ? "create table part partition of target for values from (0) to (100);" : ""}
    insert into target select n, 'canary ' || n, 'note' from generate_series(1, 20) n;
    grant select (name), update (name) on target to public`);
}

async function hasFired(): Promise<boolean> {
  const [row] = await sql.unsafe("select is_called from fired");
  return row!.is_called;
}

const columnsOnly = await createUser();

for (const [title, statement] of Object.entries(SWAPS)) {
  for (const [way, [options, run]] of Object.entries(WAYS)) {
    for (const rights of ["the table", "columns alone"]) {
      if (way === "rewrite" && rights !== "the table") continue;
      Deno.test(`${title} after the look-up: nothing of it runs (${way}, rights on ${rights})`, async () => {
        await makeTarget(title);
        await using action = openAction({
          ...options,
          pushdown: options.pushdown ?? rights !== "the table",
          ...(rights === "columns alone" && { as: columnsOnly }),
          tokenSdk: async () => {
            await sql.unsafe(statement);
            return dummySdk;
          },
        });
        await action.fails(["conflict", "permission_denied"], "public.target", ["name"], run);
        assert.equal(await hasFired(), false, "its code has run");
      });
    }
  }
}
