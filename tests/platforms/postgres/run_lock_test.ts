/** The lock that stands for a run in batches is held by a transaction, which a pooler does not share. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import { useDatabase } from "../../support/action_fixture.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await useDatabase();
const { sql, openAction } = database;

Deno.test("a run in batches keeps its lock in an open transaction, which sees no rows and may idle", async () => {
  await sql.unsafe(`create table people (id int, name text);
    insert into people select n, 'canary ' || n from generate_series(1, 100) n`);
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.people", ["name"], { commit: "batches" });
  await gate.reached;
  const [holder] = await sql`select state, backend_xmin from pg_stat_activity
    where pid = (select pid from pg_locks where locktype = 'advisory' and database =
      (select oid from pg_database where datname = current_database()))`;
  assert.deepEqual({ ...holder }, { state: "idle in transaction", backend_xmin: null });
  await action.fails("run_in_progress", "public.people", ["name"], { commit: "batches" });
  gate.open();
  assert.equal((await run).updated, 100);
  await until(async () => (await database.sessions()).every(({ state }) => state === "idle"));
  assert.equal((await sql`select from pg_locks where locktype = 'advisory'`).length, 0);
});
