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
