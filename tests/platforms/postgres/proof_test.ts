/**
 * The proof at the end of every run: what reads as values still, after they were written, fails it before
 * its COMMIT; what others write meanwhile does not.
 */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { useDatabase } from "../../support/action_fixture.ts";
import { WAYS_OF_WORK } from "./ways_of_work.ts";

const database = await useDatabase();
const { sql, openAction, assertUnchanged, createUser, valuesOf } = database;

// what a product that masks leaves of a value: whatever is stored, a cast to text reads as XXXX
await sql.unsafe(`
  create extension citext;
  create function public.masked(citext) returns text language sql immutable as $$select 'XXXX'$$;
  update pg_cast set castfunc = 'public.masked(citext)'::regprocedure, castmethod = 'f'
  where castsource = 'public.citext'::regtype and casttarget = 'text'::regtype`);

for (const [title, { options, run }] of Object.entries(WAYS_OF_WORK)) {
  for (const rows of [30, 60_000]) {
    Deno.test(`a mask over ${rows} rows is found before anything is committed (${title})`, async () => {
      await sql.unsafe(`drop table if exists people;
        create table people (id int, name citext, note text);
        insert into people select n, 'canary ' || n, repeat('x', 200) from generate_series(1, ${rows}) n`);
      const stored = () =>
        sql`select md5(string_agg(citextsend(name)::text, ',' order by id)) from people`;
      const before = await stored();
      await using action = openAction(options);
      const error = await action.fails("table_not_supported", "public.people", ["name"], run);
      assert.match(
        error.message,
        /rows read as values after they were written: is something masking/,
      );
      assert.deepEqual([...await stored()], [...before]);
    });
  }
}

/** A table of which one row is held, so that a run waits while `insertMeanwhile` commits other rows. */
async function withHeldRow(
  rowBytes: number,
  statements: string,
  work: (insertMeanwhile: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await sql.unsafe(`drop table if exists busy;
    create table busy (id int, name text, note text);
    insert into busy select n, 'canary ' || n, repeat('x', ${rowBytes}) from generate_series(1, 8000) n;
    ${statements}`);
  await using holder = database.connect();
  await holder`begin`;
  await holder`select from busy where id = 8000 for update`;
  await work(async () => {
    await database.untilBlocked();
    await sql`insert into busy select -n, 'later ' || n from generate_series(1, 5) n`;
    await holder`commit`;
  });
}

/** A trigger that does no harm, in a subtransaction. */
const HARMLESS_TRIGGER = `
  create or replace function stamp() returns trigger language plpgsql as $$begin
    begin new.note := 'seen'; exception when division_by_zero then null; end; return new; end$$;
  create trigger stamp before update on busy for each row execute function stamp()`;

for (
  const [title, options, rowBytes, statements] of [
    ["client, small", {}, 1, ""],
    ["client, large", {}, 1500, ""],
    ["pushdown", { pushdown: true }, 1, ""],
    ["client, with a trigger", { allowTriggers: true }, 1, HARMLESS_TRIGGER],
    ["pushdown, with a trigger", { allowTriggers: true, pushdown: true }, 1, HARMLESS_TRIGGER],
  ] as const
) {
  Deno.test(`values that others insert during a run do not fail it (${title})`, async () => {
    await withHeldRow(rowBytes, statements, async (insertMeanwhile) => {
      await using action = openAction(options);
      const [report] = await Promise.all([
        action.tokenize("public.busy", ["name"]),
        insertMeanwhile(),
      ]);
      assert.equal(report.updated, 8000);
      const left = (await valuesOf("busy", "name")).filter((name) => !name?.startsWith("tok_"));
      assert.equal(left.length, 5);
    });
  });
}

Deno.test("a role that may not read xmin is asked to try again if others insert values", async () => {
  await withHeldRow(1, "", async (insertMeanwhile) => {
    const user = await createUser("grant select (name), update (name) on busy to $user");
    await using action = openAction({ as: user });
    const [error] = await Promise.all([
      action.fails("conflict", "public.busy", ["name"]),
      insertMeanwhile(),
    ]);
    assert.match(error.message, /5 rows read as values at the end.*grant SELECT \(xmin\)/);
  });
});

Deno.test("a role that may not read xmin tokenizes what nobody else writes to", async () => {
  await sql.unsafe(`create table quiet (id int, name text);
    insert into quiet select n, 'canary ' || n from generate_series(1, 20) n`);
  const user = await createUser("grant select (name), update (name) on quiet to $user");
  await using action = openAction({ as: user });
  assertReport(await action.tokenize("public.quiet", ["name"]), { updated: 20, skipped: 0 });
});

const UNDOING: Readonly<Record<string, string>> = {
  "at COMMIT": `create constraint trigger hook after update on undone deferrable initially deferred
    for each row when (new.name like 'tok%') execute function undo()`,
  "in a subtransaction":
    `create trigger hook after update on undone for each row when (new.name like 'tok%')
    execute function undo_in_subtransaction()`,
};
await sql.unsafe(`
  create function undo() returns trigger language plpgsql as
    $$begin update public.undone set name = old.name where id = old.id; return null; end$$;
  create function undo_in_subtransaction() returns trigger language plpgsql as
    $$begin begin update public.undone set name = old.name where id = old.id;
      exception when division_by_zero then null; end; return null; end$$`);

for (const [when, statement] of Object.entries(UNDOING)) {
  for (const pushdown of [false, true]) {
    const way = pushdown ? "pushdown" : "client";
    Deno.test(`an allowed trigger that puts values back ${when} fails the run (${way})`, async () => {
      await sql.unsafe(`drop table if exists undone; create table undone (id int, name text);
        insert into undone select n, 'canary ' || n from generate_series(1, 20) n; ${statement}`);
      await using action = openAction({ allowTriggers: true, pushdown });
      const error = await assertUnchanged(
        "undone",
        () => action.fails("table_not_supported", "public.undone", ["name"]),
      );
      assert.match(error.message, /do its triggers put them back/);
    });
  }
}
