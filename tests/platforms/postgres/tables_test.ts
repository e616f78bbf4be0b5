/** Kinds of tables: which can be tokenized, wherever their rows are stored, and which are refused. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { testUnless } from "../../support/skipping.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

/** The tests for one method: tokens made in the action, or inside the database. */
async function suite(method: "client" | "pushdown"): Promise<void> {
  const { sql, openAction, valuesOf, rowVersions, assertUnchanged, createUser } =
    await useDatabase();
  const pushdown = method === "pushdown";
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${method})`, fn);

  const hasForeignTables =
    (await sql`select from pg_available_extensions where name = 'file_fdw'`).length > 0;

  test("a table without a primary key keeps its duplicate rows", async () => {
    await sql`create table duplicates (name text, note text)`;
    await sql`insert into duplicates select 'Ada', 'same' from generate_series(1, 1500)`;
    await sql`insert into duplicates select 'Alan', null from generate_series(1, 1500)`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.duplicates", ["name"]);
    assertReport(report, { updated: 3000, skipped: 0 });
    const rows = await sql`select name, note, count(*)::int as rows from duplicates
      group by 1, 2 order by 2`;
    assert.deepEqual(rows.map((row) => ({ ...row })), [
      { name: tokenOf("Ada"), note: "same", rows: 1500 },
      { name: tokenOf("Alan"), note: null, rows: 1500 },
    ]);
  });

  test("a partitioned table is tokenized in all partitions, although rows in them share addresses", async () => {
    await sql.unsafe(`
      create table events (id int, kind text, name text) partition by list (kind);
      create table events_a partition of events for values in ('a');
      create table events_b partition of events for values in ('b') partition by range (id);
      create table events_b_low partition of events_b for values from (0) to (1000);
      create table events_b_rest partition of events_b default;
      create table events_rest (extra_first int, name text, kind text, id int);
      alter table events_rest drop column extra_first;
      alter table events attach partition events_rest default;
      insert into events select n, chr(97 + n % 3), 'name ' || n from generate_series(0, 2999) n`);
    const [shared] = await sql`select count(*)::int as rows from events where ctid = '(0,1)'`;
    assert.equal(shared?.rows, 4);
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.events", ["name"]);
    assertReport(report, { updated: 3000, skipped: 0 });
    const expected = Array.from({ length: 3000 }, (_, n) => tokenOf(`name ${n}`));
    assert.deepEqual(await valuesOf("events", "name"), expected);
    const versions = await rowVersions("events");
    assert.equal((await action.tokenize("public.events", ["name"])).skipped, 3000);
    assert.deepEqual(await rowVersions("events"), versions);
  });

  test("a partition can be tokenized alone", async () => {
    await sql.unsafe(`
      create table months (month int, name text) partition by list (month);
      create table january partition of months for values in (1);
      create table february partition of months for values in (2);
      insert into months values (1, 'Ada'), (2, 'Alan')`);
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.january", ["name"]);
    assertReport(report, { updated: 1, skipped: 0 });
    assert.deepEqual(await valuesOf("months", "name", "month"), [tokenOf("Ada"), "Alan"]);
  });

  test("privileges on a partitioned table are enough, and policies of its partitions do not apply", async () => {
    await sql.unsafe(`
      create table guarded (id int, name text) partition by list (id);
      create table guarded_1 partition of guarded for values in (1);
      create table guarded_2 partition of guarded for values in (2);
      alter table guarded_1 enable row level security;
      insert into guarded values (1, 'Ada'), (2, 'Alan')`);
    const onParent = "grant select, update on guarded to $user";
    for (const grants of [[onParent], [onParent, "grant select, update on guarded_1 to $user"]]) {
      await sql`update guarded set name = 'again' || id`;
      const user = await createUser(...grants);
      await using action = openAction({ as: user, pushdown });
      assert.equal((await action.tokenize("public.guarded", ["name"])).updated, 2);
      assert.deepEqual(await valuesOf("guarded", "name"), ["again1", "again2"].map(tokenOf));
    }
  });

  test("rows move between partitions if the column is the partition key", async () => {
    await sql.unsafe(`
      create table by_name (id int, name text) partition by hash (name);
      create table by_name_0 partition of by_name for values with (modulus 3, remainder 0);
      create table by_name_1 partition of by_name for values with (modulus 3, remainder 1);
      create table by_name_2 partition of by_name for values with (modulus 3, remainder 2);
      insert into by_name select n, 'name ' || n from generate_series(1, 6000) n`);
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.by_name", ["name"]);
    assertReport(report, { updated: 6000, skipped: 0 });
    const expected = Array.from({ length: 6000 }, (_, n) => tokenOf(`name ${n + 1}`));
    assert.deepEqual(await valuesOf("by_name", "name"), expected);
    assert.equal((await action.tokenize("public.by_name", ["name"])).updated, 0);
  });

  test("a token that fits no partition is a violation, and changes nothing", async () => {
    await sql.unsafe(`
      create table by_list (id int, name text) partition by list (name);
      create table by_list_canary partition of by_list for values in ('canary');
      insert into by_list values (1, 'canary')`);
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "by_list",
      () => action.fails("constraint_violation", "public.by_list", ["name"]),
    );
    assert.equal(error.facts.sqlState, "23514");
  });

  test("inheriting tables are tokenized with their parent, and can be tokenized alone", async () => {
    await sql.unsafe(`
      create table people (id int, name text);
      create table employees (salary int) inherits (people);
      create table managers (team text) inherits (employees);
      insert into people values (1, 'Ada');
      insert into employees values (2, 'Alan', 10);
      insert into managers values (3, 'Grace', 20, 'Compilers')`);
    await using action = openAction({ pushdown });
    const children = await action.tokenize("public.employees", ["name"]);
    assertReport(children, { updated: 2, skipped: 0 });
    const all = await action.tokenize("public.people", ["name"]);
    assertReport(all, { updated: 1, skipped: 2 });
    const expected = ["Ada", "Alan", "Grace"].map(tokenOf);
    assert.deepEqual(await valuesOf("people", "name"), expected);
  });

  test("a view, a materialized view and system tables are refused", async () => {
    await sql.unsafe(`
      create table base (id int, name text);
      insert into base values (1, 'canary');
      create view window_on as select * from base;
      create materialized view copy_of as select * from base;
      create sequence counter;
      create index base_index on base (name)`);
    await using action = openAction({ pushdown });
    const refuses = async (table: string, column: string, reason: RegExp) => {
      const error = await assertUnchanged(
        "base",
        () => action.fails("table_not_supported", table, [column]),
      );
      assert.match(error.message, reason);
    };
    await refuses("public.window_on", "name", /it is a view: name the table that it reads$/);
    await refuses(
      "public.copy_of",
      "name",
      /it is a materialized view: name the table .* refresh it$/,
    );
    await refuses(
      "pg_catalog.pg_description",
      "description",
      /it belongs to the system catalogue$/,
    );
    await refuses("information_schema.sql_features", "feature_name", /system catalogue$/);
    await refuses("information_schema.tables", "table_name", /it is a view/);
    for (const name of ["counter", "base_index"]) {
      await action.fails("table_not_found", `public.${name}`, ["name"]);
    }
  });

  testUnless(
    hasForeignTables ? undefined : "no extension file_fdw",
    "a foreign table is refused, as a partition too",
    async () => {
      await sql.unsafe(`
      create extension file_fdw;
      create server files foreign data wrapper file_fdw;
      create foreign table foreign_people (id int, name text) server files
        options (filename '/dev/null');
      create table mixed (id int, name text) partition by list (id);
      create table mixed_here partition of mixed for values in (1);
      create table mixed_nested partition of mixed for values in (2) partition by list (id);
      create foreign table mixed_there partition of mixed_nested for values in (2) server files
        options (filename '/dev/null');
      insert into mixed values (1, 'canary')`);
      await using action = openAction({ pushdown });
      const foreign = await action.fails("table_not_supported", "public.foreign_people", ["name"]);
      assert.match(foreign.message, /it is a foreign table: name the table on its own server$/);
      const mixed = await assertUnchanged(
        "mixed_here",
        () => action.fails("table_not_supported", "public.mixed", ["name"]),
      );
      assert.match(mixed.message, /some of its partitions are foreign tables$/);
      assert.equal((await action.tokenize("public.mixed_here", ["name"])).updated, 1);
    },
  );

  test("an unlogged table with storage parameters can be tokenized", async () => {
    await sql`create unlogged table fleeting (id int, name text) with (fillfactor = 50)`;
    await sql`insert into fleeting values (1, 'Ada')`;
    await using action = openAction({ pushdown });
    assert.equal((await action.tokenize("public.fleeting", ["name"])).updated, 1);
  });

  test("a published table without a replica identity is refused before its first row", async () => {
    await sql`create table published (id int, name text)`;
    await sql`insert into published values (1, 'canary')`;
    await sql`create publication everything for table published`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "published",
      () => action.fails("table_not_supported", "public.published", ["name"]),
    );
    assert.match(error.message, /no replica identity .*\("everything"\)/);
  });
}

await suite("client");
await suite("pushdown");
