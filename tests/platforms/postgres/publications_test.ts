/** Published tables: one whose updates the server cannot publish is refused before its first row. */
import assert from "node:assert/strict";
import { useDatabase } from "../../support/action_fixture.ts";
import { testUnless } from "../../support/skipping.ts";

const { sql, openAction, assertUnchanged, serverVersion } = await useDatabase();

const REFUSED: Readonly<Record<string, string>> = {
  "without a primary key": `create table $t (id int, name text);
    create publication $t_out for table $t`,
  "by the name of all tables": `create table $t (id int primary key, name text);
    alter table $t replica identity nothing;
    create publication $t_out for all tables`,
  "with a partition that has no key": `create table $t (id int, name text) partition by list (id);
    create table $t_1 partition of $t for values in (1, 2);
    create publication $t_out for table $t`,
  "and its parent, by the parent's name":
    `create table $t (id int, name text) partition by list (id);
    create table $t_1 partition of $t default;
    create publication $t_out for table $t with (publish_via_partition_root = true)`,
};

const HARMLESS: Readonly<Record<string, string>> = {
  "with a primary key": `create table $t (id int primary key, name text);
    create publication $t_out for table $t`,
  "with whole rows as its identity": `create table $t (id int, name text);
    alter table $t replica identity full; create publication $t_out for table $t`,
  "for inserts alone": `create table $t (id int, name text);
    create publication $t_out for table $t with (publish = 'insert')`,
};

let made = 0;

async function makePublished(statements: string): Promise<string> {
  const table = `published_${++made}`;
  await sql.unsafe(`${statements.replaceAll("$t", table)};
    insert into ${table} select n, 'canary ' || n from generate_series(1, 2) n`);
  return table;
}

for (const [title, statements] of Object.entries(REFUSED)) {
  const isPartitioned = statements.includes("partition by");
  const reason = isPartitioned && serverVersion < 13
    ? "PostgreSQL 12 publishes no partitioned tables"
    : undefined;
  testUnless(reason, `a table that is published ${title} is refused by its name`, async () => {
    const table = await makePublished(statements);
    await using action = openAction();
    for (const dryRun of [true, false]) {
      const error = await assertUnchanged(
        table,
        () => action.fails("table_not_supported", `public.${table}`, ["name"], { dryRun }),
      );
      assert.match(error.message, new RegExp(`replica identity .*\\("${table}_out"\\)`));
    }
    await sql.unsafe(`drop publication ${table}_out`);
    assert.equal((await action.tokenize(`public.${table}`, ["name"])).updated, 2);
  });
}

for (const [title, statements] of Object.entries(HARMLESS)) {
  Deno.test(`a table that is published ${title} is tokenized`, async () => {
    const table = await makePublished(statements);
    await using action = openAction();
    assert.equal((await action.tokenize(`public.${table}`, ["name"])).updated, 2);
  });
}

/** Publications of the table `$t` whose row filter or column list does not fit its replica identity. */
const UNFILTERED: Readonly<Record<string, string>> = {
  "a row filter": "create publication $t_out for table $t where (country = 'fr')",
  "a column list": "create publication $t_out for table $t (name, country)",
  "a row filter of its parent": `alter table $t rename to $t_1;
    create table $t (like $t_1 including all) partition by list (id);
    alter table $t attach partition $t_1 for values in (1, 2);
    create publication $t_out for table $t where (country = 'fr')
      with (publish_via_partition_root = true)`,
};
const FITTING: Readonly<Record<string, string>> = {
  "a row filter": "create publication $t_out for table $t where (id = 1)",
  "a column list": "create publication $t_out for table $t (id, name)",
  "a column list and a row filter":
    "create publication $t_out for table $t (id, name, country) where (id < 3)",
};
const whyUnfiltered = serverVersion < 15
  ? `PostgreSQL ${serverVersion} publishes whole tables only`
  : undefined;
const PEOPLE = "create table $t (id int primary key, name text, country text);";

for (const [title, statement] of Object.entries(UNFILTERED)) {
  testUnless(
    whyUnfiltered,
    `${title} that does not fit the replica identity is refused first`,
    async () => {
      const table = await makePublished(PEOPLE + statement);
      // the server would refuse it with 42P10
      await assert.rejects(sql.unsafe(`update ${table} set name = name`), { code: "42P10" });
      await using action = openAction();
      for (const dryRun of [true, false]) {
        const error = await action.fails("table_not_supported", `public.${table}`, ["name"], {
          dryRun,
        });
        assert.match(
          error.message,
          new RegExp(`does not fit the replica identity.*"${table}_out"`),
        );
      }
      await sql.unsafe(`drop publication ${table}_out`);
      assert.equal((await action.tokenize(`public.${table}`, ["name"])).updated, 2);
    },
  );
}

for (const [title, statement] of Object.entries(FITTING)) {
  testUnless(whyUnfiltered, `${title} that fits the replica identity is no hindrance`, async () => {
    const table = await makePublished(PEOPLE + statement);
    await using action = openAction();
    assert.equal((await action.tokenize(`public.${table}`, ["name"])).updated, 2);
  });
}
