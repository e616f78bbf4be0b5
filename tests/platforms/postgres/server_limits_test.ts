/** Limits of the server that a run can reach: each has a meaning, and nothing is changed. */
import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openSql } from "../../../scripts/servers/postgres/sql.ts";
import { openAction } from "../../support/action_fixture.ts";
import { connect } from "../../support/test_database.ts";

/** A lock table that a single session can fill: room for a few hundred locks in all. */
const server = await startPostgres({
  settings: { max_locks_per_transaction: 10, max_connections: 10, max_prepared_transactions: 0 },
});
const sql = openSql(server.url());
await sql`select 1`;
Deno.test.afterAll(async () => {
  await sql.end();
  await server.remove();
});

Deno.test("a full lock table is named (53200)", async () => {
  await sql.unsafe(`create table parted (id int, name text) partition by range (id)`);
  // a transaction for each, or making them would need the locks already
  for (let i = 0; i < 60; i++) {
    await sql.unsafe(`create table parted_${i} partition of parted
      for values from (${i}) to (${i + 1})`);
  }
  await sql`insert into parted values (1, 'canary')`;
  await using holder = connect(server.url());
  await holder`begin`;
  let taken = 0;
  const takeAll = async () => {
    while (true) {
      await holder.unsafe(`savepoint before; select pg_advisory_xact_lock(${++taken})`);
    }
  };
  await assert.rejects(takeAll(), { code: "53200" });
  await holder`rollback to savepoint before`;
  await using action = openAction(server.url());
  const error = await action.fails("database_error", "public.parted", ["name"]);
  assert.match(
    error.message,
    /its lock table is full \(max_locks_per_transaction\) \(SQLSTATE 53200\)$/,
  );
  await holder`rollback`;
  assert.equal((await action.tokenize("public.parted", ["name"])).updated, 1);
});

Deno.test("a limit of temporary files is named (53400)", async () => {
  await sql.unsafe(`create table sorted (id int, name text);
    insert into sorted select n, 'canary ' || n || repeat('x', 100) from generate_series(1, 20000) n;
    create unique index on sorted (lower(name));
    alter role postgres set temp_file_limit = '64kB'; alter role postgres set work_mem = '64kB';
    alter role postgres set enable_hashagg = off`); // which uses no files before version 13
  await using action = openAction(server.url(), { pushdown: true });
  const error = await action.fails("database_error", "public.sorted", ["name"], {
    dryRun: true,
  });
  await sql`alter role postgres reset all`;
  assert.match(error.message, /such as temp_file_limit \(SQLSTATE 53400\)$/);
});
