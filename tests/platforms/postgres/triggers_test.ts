/** Triggers and rules: none fires unnoticed, and those that are allowed cannot undo the work. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

const REFUSED: Readonly<Record<string, string>> = {
  "a BEFORE UPDATE trigger":
    "create trigger hook before update on $table for each row execute function touch()",
  "an AFTER UPDATE trigger":
    "create trigger hook after update on $table for each row execute function touch()",
  "a trigger for each statement":
    "create trigger hook after update on $table for each statement execute function touch()",
  "a trigger on several events":
    "create trigger hook before insert or update or delete on $table execute function touch()",
  "a trigger on one of the columns":
    "create trigger hook before update of email, name on $table execute function touch()",
  "a trigger with a condition":
    "create trigger hook before update on $table for each row when (old.id < 0) execute function touch()",
  "a constraint trigger":
    "create constraint trigger hook after update on $table deferrable for each row execute function touch()",
  "a trigger that always fires":
    `create trigger hook before update on $table execute function touch();
     alter table $table enable always trigger hook`,
  "a trigger on a column generated from one of them":
    `alter table $table add loud text generated always as (upper(name)) stored;
     create trigger hook before update of loud on $table execute function touch()`,
  "a rule that does something else as well":
    "create rule hook as on update to $table do also select 1",
  "a rule that does something else instead":
    "create rule hook as on update to $table do instead nothing",
};

const HARMLESS: Readonly<Record<string, string>> = {
  "a trigger on another column":
    "create trigger hook before update of email on $table for each row execute function put_back()",
  "a trigger on a column whose name differs in case": `alter table $table add "Name" text;
     create trigger hook before update of "Name" on $table for each row execute function put_back()`,
  "a disabled trigger": `create trigger hook before update on $table execute function put_back();
     alter table $table disable trigger hook`,
  "a trigger on other events":
    "create trigger hook before insert or delete on $table for each row execute function put_back()",
  "a rule on another event": "create rule hook as on delete to $table do instead nothing",
  "a disabled rule": `create rule hook as on update to $table do instead nothing;
     alter table $table disable rule hook`,
};

const UNDOING: Readonly<Record<string, string>> = {
  "puts every value back":
    "create trigger hook before update on $table for each row execute function put_back()",
  "puts one value back":
    "create trigger hook before update on $table for each row execute function put_some_back()",
  "swallows the update":
    "create trigger hook before update on $table for each row execute function swallow()",
};

/** The tests for one method: tokens made in the action, or inside the database. */
async function suite(method: "client" | "pushdown"): Promise<void> {
  const { sql, openAction, valuesOf, assertUnchanged, createUser } = await useDatabase();
  const pushdown = method === "pushdown";
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${method})`, fn);

  await sql.unsafe(`
    create function touch() returns trigger language plpgsql as
      $$begin new.updated_at := 'touched'; return new; end$$;
    create function put_back() returns trigger language plpgsql as
      $$begin new.name := old.name; return new; end$$;
    create function put_some_back() returns trigger language plpgsql as
      $$begin if old.id = 7 then new.name := old.name; end if; return new; end$$;
    create function swallow() returns trigger language plpgsql as $$begin return null; end$$;
    create function fail_loudly() returns trigger language plpgsql as
      $$begin raise exception 'no % for you', old.name using detail = old.name, hint = old.name; end$$;
    create function need_search_path() returns trigger language plpgsql as
      $$begin insert into somewhere values (old.name); return new; end$$;
    create function chatter() returns trigger language plpgsql as
      $$begin raise notice 'old name: %', old.name; return new; end$$;
  `);

  async function makePeople(table: string, ...statements: string[]): Promise<void> {
    await sql.unsafe(`create table ${table} (id int, name text, email text, updated_at text);
      insert into ${table} select n, 'canary ' || n, 'e' || n from generate_series(1, 20) n`);
    for (const statement of statements) await sql.unsafe(statement.replaceAll("$table", table));
  }

  for (const [i, [title, statement]] of Object.entries(REFUSED).entries()) {
    test(`${title} is refused by name`, async () => {
      const table = `refused_${i}`;
      await makePeople(table, statement);
      await using action = openAction({ pushdown });
      for (const dryRun of [true, false]) {
        const error = await assertUnchanged(
          table,
          () => action.fails("table_not_supported", `public.${table}`, ["name"], { dryRun }),
        );
        assert.match(
          error.message,
          /triggers or rules would fire .*\("hook"\): set ALLOW_TRIGGERS/,
        );
      }
    });
  }

  for (const [i, [title, statement]] of Object.entries(HARMLESS).entries()) {
    test(`${title} is no reason to refuse`, async () => {
      const table = `harmless_${i}`;
      await makePeople(table, statement);
      await using action = openAction({ pushdown });
      assert.equal((await action.tokenize(`public.${table}`, ["name"])).updated, 20);
    });
  }

  test("a trigger on a partition or on an inheriting table is refused", async () => {
    await sql.unsafe(`
      create table parted (id int, name text, updated_at text) partition by list (id);
      create table parted_1 partition of parted for values in (1);
      create trigger on_partition before update on parted_1 for each row execute function touch();
      create table parent (id int, name text, updated_at text);
      create table child () inherits (parent);
      create trigger on_child before update on child for each row execute function touch()`);
    await using action = openAction({ pushdown });
    const partition = await action.fails("table_not_supported", "public.parted", ["name"]);
    assert.match(partition.message, /"on_partition"/);
    const child = await action.fails("table_not_supported", "public.parent", ["name"]);
    assert.match(child.message, /"on_child"/);
  });

  test("an allowed trigger fires", async () => {
    await makePeople(
      "touched",
      "create trigger hook before update on $table for each row execute function touch()",
    );
    await using action = openAction({ allowTriggers: true, pushdown });
    const report = await action.tokenize("public.touched", ["name", "email"]);
    assertReport(report, { updated: 20, skipped: 0 });
    assert.deepEqual(new Set(await valuesOf("touched", "updated_at")), new Set(["touched"]));
    assert.equal((await valuesOf("touched", "name"))[0], tokenOf("canary 1"));
  });

  for (const [i, [title, statement]] of Object.entries(UNDOING).entries()) {
    for (const method of ["client", "pushdown"] as const) {
      test(`an allowed trigger that ${title} fails the run`, async () => {
        const table = `undone_${i}_${method}`;
        await makePeople(table, statement);
        const rights = method === "client" ? "select, update" : "select (name), update (name)";
        const user = await createUser(`grant ${rights} on ${table} to $user`);
        await using action = openAction({ as: user, allowTriggers: true });
        await assertUnchanged(
          table,
          () => action.fails("table_not_supported", `public.${table}`, ["name"]),
        );
      });
    }
  }

  test("an allowed rule that suppresses the update fails the run", async () => {
    await makePeople("ruled", "create rule hook as on update to $table do instead nothing");
    await using action = openAction({ allowTriggers: true, pushdown });
    await assertUnchanged(
      "ruled",
      () => action.fails("table_not_supported", "public.ruled", ["name"]),
    );
  });

  test("the message of an exception in an allowed trigger is not passed on", async () => {
    await makePeople(
      "raising",
      "create trigger hook before update on $table for each row execute function fail_loudly()",
    );
    await using action = openAction({ allowTriggers: true, pushdown });
    const error = await assertUnchanged(
      "raising",
      () => action.fails("constraint_violation", "public.raising", ["name"]),
    );
    assert.deepEqual(error.facts, { sqlState: "P0001" });
  });

  test("a notice of an allowed trigger is not passed on", async () => {
    await makePeople(
      "chatting",
      "create trigger hook before update on $table for each row execute function chatter()",
    );
    await using action = openAction({ allowTriggers: true, pushdown });
    await action.tokenize("public.chatting", ["name"]);
    assert.doesNotMatch(JSON.stringify(action.observations), /canary/);
  });

  test("an allowed trigger that needs a search_path fails with a fitting reason", async () => {
    await makePeople(
      "lost_name",
      "create table somewhere (name text)",
      "create trigger hook before update on $table for each row execute function need_search_path()",
    );
    await using action = openAction({ allowTriggers: true, pushdown });
    const error = await assertUnchanged(
      "lost_name",
      () => action.fails("table_not_supported", "public.lost_name", ["name"]),
    );
    assert.match(error.message, /named without its schema by a trigger/);
  });
}

await suite("client");
await suite("pushdown");
