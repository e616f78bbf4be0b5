/** Partitions and inheriting tables: what would happen in them is found as if they were named. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { type RunOptions, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { testUnless } from "../../support/skipping.ts";

const { sql, openAction, valuesOf, assertUnchanged } = await useDatabase();
const [server] = await sql`select current_setting('server_version_num')::int as version`;

await sql.unsafe(`
  create table copies (name text);
  create function copy_old() returns trigger language plpgsql as $$ begin
    insert into public.copies values (old.name); return old; end $$;
  create function put_back() returns trigger language plpgsql as $$ begin
    new.name := 'undone canary'; return new; end $$;
  create function fail() returns trigger language plpgsql as $$ begin raise 'canary'; end $$`);

/** The ways in which a run would write, and one in which it only counts. */
const PATHS: Readonly<Record<string, { pushdown: boolean; run?: RunOptions }>> = {
  "client": { pushdown: false },
  "pushdown": { pushdown: true },
  "batches": { pushdown: false, run: { commit: "batches" } },
  "batches on push-down": { pushdown: true, run: { commit: "batches" } },
  "dry run": { pushdown: false, run: { dryRun: true } },
};

/** Makes a table that is partitioned by the column `name`, on two levels, with 20 rows. */
async function makeMoving(table: string, ...statements: string[]): Promise<void> {
  await sql.unsafe(`
    create table ${table} (id int, name text, email text) partition by list (id);
    create table ${table}_low partition of ${table} default partition by hash (name);
    create table ${table}_0 partition of ${table}_low for values with (modulus 2, remainder 0);
    create table ${table}_1 partition of ${table}_low for values with (modulus 2, remainder 1);
    insert into ${table} select n, 'canary ' || n, 'e' || n from generate_series(1, 20) n`);
  for (const statement of statements) await sql.unsafe(statement.replaceAll("$t", table));
}

const ON_MOVE: Readonly<Record<string, string>> = {
  "BEFORE DELETE":
    "create trigger hook before delete on $t_0 for each row execute function copy_old()",
  "AFTER DELETE": "create trigger hook after delete on $t for each row execute function copy_old()",
  "BEFORE INSERT":
    "create trigger hook before insert on $t_1 for each row execute function put_back()",
  "AFTER INSERT": "create trigger hook after insert on $t_low for each row execute function fail()",
};

for (const [i, [event, statement]] of Object.entries(ON_MOVE).entries()) {
  for (const [j, [path, { pushdown, run }]] of Object.entries(PATHS).entries()) {
    Deno.test(`a ${event} trigger counts where rows move to other partitions (${path})`, async () => {
      const table = `moving_${i}_${j}`;
      await makeMoving(table, statement);
      await using action = openAction({ pushdown });
      const error = await assertUnchanged(
        `${table}_0`,
        () => action.fails("table_not_supported", `public.${table}`, ["name"], run),
      );
      assert.match(error.message, /triggers or rules would fire .*\("hook"\)/);
      assert.equal((await action.tokenize(`public.${table}`, ["email"], run)).updated, 20);
    });
  }
}

Deno.test("a trigger of the table above counts in a partition that is named itself", async () => {
  await makeMoving(
    "above",
    "create trigger hook after update on $t for each row execute function fail()",
  );
  await using action = openAction();
  for (const name of ["above", "above_low", "above_0"]) {
    const error = await action.fails("table_not_supported", `public.${name}`, ["email"]);
    assert.match(error.message, /"hook"/);
  }
});

Deno.test("a trigger that a move fires, and that is allowed, cannot put values back", async () => {
  await sql.unsafe(`
    create table allowed (id int, name text collate "C") partition by range (name);
    create table allowed_low partition of allowed for values from (minvalue) to ('t');
    create table allowed_high partition of allowed for values from ('t') to (maxvalue);
    create trigger hook before insert on allowed_high for each row execute function put_back();
    insert into allowed select n, 'canary ' || n from generate_series(1, 20) n`);
  await using action = openAction({ allowTriggers: true });
  await assertUnchanged(
    "allowed",
    () => action.fails("table_not_supported", "public.allowed", ["name"]),
  );
});

Deno.test("statement triggers and rules of other events do not fire when rows move", async () => {
  await makeMoving(
    "quiet",
    "create trigger on_delete before delete on $t for each statement execute function fail()",
    "create trigger on_insert after insert on $t for each statement execute function fail()",
    "create trigger in_0 after insert or delete on $t_0 for each statement execute function fail()",
    "create trigger in_1 after insert or delete on $t_1 for each statement execute function fail()",
    "create rule no_delete as on delete to $t_0 do instead nothing",
    "create rule no_insert as on insert to $t_1 do instead nothing",
  );
  await using action = openAction();
  assertReport(await action.tokenize("public.quiet", ["name"]), { updated: 20, skipped: 0 });
  const expected = Array.from({ length: 20 }, (_, i) => tokenOf(`canary ${i + 1}`));
  assert.deepEqual(await valuesOf("quiet", "name"), expected);
});

Deno.test("triggers on a move count where a key's expression may use the column", async () => {
  await sql.unsafe(`
    create table by_expression (id int, name text) partition by hash (lower(name));
    create table by_expression_0 partition of by_expression for values with (modulus 1, remainder 0);
    create trigger hook before delete on by_expression_0 for each row execute function copy_old()`);
  await using action = openAction();
  await action.fails("table_not_supported", "public.by_expression", ["name"]);
});

Deno.test("triggers on a move count in a table that a key carries the change to", async () => {
  await sql.unsafe(`
    create table owners (id int, name text unique);
    create table pets (id int, name text references owners (name) on update cascade)
      partition by hash (name);
    create table pets_0 partition of pets for values with (modulus 2, remainder 0);
    create table pets_1 partition of pets for values with (modulus 2, remainder 1);
    create trigger hook before delete on pets_0 for each row execute function copy_old();
    insert into owners values (1, 'canary')`);
  await using action = openAction();
  const error = await action.fails("table_not_supported", "public.owners", ["name"]);
  assert.match(error.message, /"hook"/);
});

for (const effect of ["cascade", "set null"]) {
  Deno.test(`a row that moves takes no other with it, ON DELETE ${effect}`, async () => {
    await sql.unsafe(`drop table if exists visits, guests;
      create table guests (id int, name text unique) partition by hash (name);
      create table guests_0 partition of guests for values with (modulus 2, remainder 0);
      create table guests_1 partition of guests for values with (modulus 2, remainder 1);
      create table visits (id int, name text,
        constraint by_guest foreign key (name) references guests (name) on update cascade on delete ${effect});
      insert into guests select n, 'canary ' || n from generate_series(1, 20) n;
      insert into visits select n, 'canary ' || n from generate_series(1, 20) n`);
    await using action = openAction();
    if (server!.version < 150000) {
      const error = await assertUnchanged(
        "visits",
        () => action.fails("table_not_supported", "public.guests", ["name"]),
      );
      assert.match(
        error.message,
        /foreign keys would delete or change rows elsewhere \("by_guest"/,
      );
    } else {
      assertReport(await action.tokenize("public.guests", ["name"]), { updated: 20, skipped: 0 });
      assert.deepEqual(await valuesOf("visits", "name"), await valuesOf("guests", "name"));
    }
  });
}

const whyNoSuchTable = server!.version >= 160000
  ? "PostgreSQL 16 and later let no member's column be generated where the table's is not"
  : undefined;

for (const [i, [path, { pushdown, run }]] of Object.entries(PATHS).entries()) {
  testUnless(
    whyNoSuchTable,
    `a column that is generated in a partition or inheriting table is refused (${path})`,
    async () => {
      await sql.unsafe(`
        create table plain_${i} (id int, source text, name text) partition by list (id);
        create table plain_${i}_1 partition of plain_${i} for values in (1);
        create table made_${i} (id int, source text, name text generated always as (source) stored);
        alter table plain_${i} attach partition made_${i} for values in (2);
        insert into plain_${i} (id, source, name) values (1, 'canary', 'canary');
        insert into made_${i} values (2, 'canary');
        create table elder_${i} (source text, name text);
        create table heir_${i} (name text generated always as (source) stored) inherits (elder_${i});
        insert into heir_${i} values ('canary')`);
      await using action = openAction({ pushdown });
      for (const [table, member] of [[`plain_${i}`, `made_${i}`], [`elder_${i}`, `heir_${i}`]]) {
        const error = await assertUnchanged(
          member!,
          () => action.fails("column_not_tokenizable", `public.${table}`, ["name"], run),
        );
        assert.match(error.message, new RegExp(`generated from other columns in "${member}"$`));
      }
    },
  );
}
