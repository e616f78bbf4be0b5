/** The limits on the time of a statement and of a whole run: what sleeps for ever is ended. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import { useDatabase } from "../../support/action_fixture.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await useDatabase();
const { sql, openAction, assertUnchanged, createUser } = database;

async function makePeople(table: string): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text);
    insert into ${table} select n, 'canary ' || n from generate_series(1, 20) n`);
}

Deno.test("PG_STATEMENT_TIMEOUT_MS ends a statement, even if the role has a longer limit or none", async () => {
  for (const [i, own] of ["0", "'1h'"].entries()) {
    const table = `sleeping_${i}`;
    await makePeople(table);
    await sql.unsafe(`create function sleep_${i}() returns trigger language plpgsql as
      $$begin perform pg_sleep(3600); return new; end$$;
      create trigger sleeps before update on ${table} for each row execute function sleep_${i}()`);
    const user = await createUser(
      `grant select, update on ${table} to $user`,
      `alter role $user set statement_timeout = ${own}`,
    );
    for (const pushdown of [false, true]) {
      await using action = openAction({
        as: user,
        allowTriggers: true,
        statementTimeoutMs: 1000,
        pushdown,
      });
      const error = await assertUnchanged(
        table,
        () => action.fails("timeout", `public.${table}`, ["name"]),
      );
      assert.match(error.message, /PG_STATEMENT_TIMEOUT_MS/);
    }
  }
});

Deno.test("RUN_TIMEOUT_MS ends a run that waits in the database, and one that waits for tokens", async () => {
  await makePeople("endless");
  const waiting = gatedSdk(); // never opened
  await using slow = openAction({ tokenSdk: waiting.sdk, runTimeoutMs: 1000 });
  const tokens = await assertUnchanged(
    "endless",
    () => slow.fails("timeout", "public.endless", ["name"]),
  );
  assert.match(tokens.message, /RUN_TIMEOUT_MS allows, 1000 ms/);
  await using other = database.connect();
  await other`begin`;
  await other`select from endless where id = 3 for update`;
  await using blocked = openAction({ lockTimeoutMs: 600_000, runTimeoutMs: 1000 });
  for (const commit of ["atomic", "batches"] as const) {
    const locks = await blocked.fails("timeout", "public.endless", ["name"], { commit });
    assert.match(locks.message, /RUN_TIMEOUT_MS allows, 1000 ms/);
  }
  await until(async () => (await database.sessions()).every(({ state }) => state === "idle")); // with the lock still held
});

Deno.test("eight runs that sleep in the database give their places back in time", async () => {
  await makePeople("asleep");
  await sql.unsafe(`create function sleep() returns trigger language plpgsql as
    $$begin perform pg_sleep(3600); return new; end$$`);
  await using action = openAction({ allowTriggers: true, runTimeoutMs: 2000 });
  const tables = Array.from({ length: 8 }, (_, i) => `asleep_${i}`);
  for (const table of tables) {
    await makePeople(table);
    await sql.unsafe(`create trigger sleeps before update on ${table} for each row
      execute function sleep()`);
  }
  await Promise.all(tables.map((table) => action.fails("timeout", `public.${table}`, ["name"])));
  assert.equal((await action.tokenize("public.asleep", ["name"])).updated, 20);
});
