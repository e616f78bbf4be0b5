/** Runs through PgBouncer, if the machine has it: in transaction mode they work, in statement mode it is named. */
import assert from "node:assert/strict";
import { freePort } from "../../../scripts/servers/free_port.ts";
import { until } from "../../../scripts/servers/until.ts";
import { openAction, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { testUnless } from "../../support/skipping.ts";

const PGBOUNCER = "/usr/sbin/pgbouncer";
const isInstalled = await Deno.stat(PGBOUNCER).then(() => true, () => false);
const whyNot = isInstalled && Deno.build.os === "linux" && Deno.uid() === 0
  ? undefined
  : `it needs ${PGBOUNCER}, of Debian's package pgbouncer, and root to start it as nobody`;
const database = await useDatabase();
const { sql, valuesOf } = database;

/** Calls `use` with the URL of the database through a pooler of that mode. */
async function withPooler(mode: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = new URL(database.url);
  const folder = await Deno.makeTempDir();
  const port = await freePort();
  await Deno.writeTextFile(
    `${folder}/users`,
    `"${server.username}" "${decodeURIComponent(server.password)}"\n`,
  );
  await Deno.writeTextFile(
    `${folder}/ini`,
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${folder}/users
pool_mode = ${mode}
`,
  );
  await new Deno.Command("chmod", { args: ["-R", "a+rX", folder] }).output();
  const args = ["-q", "-u", "nobody", `${folder}/ini`];
  const pooler = new Deno.Command(PGBOUNCER, { args, stdout: "null", stderr: "null" }).spawn();
  try {
    await until(async () => {
      const socket = await Deno.connect({ port }).catch(() => undefined);
      socket?.close();
      return socket !== undefined;
    });
    server.port = String(port);
    await use(server.href);
  } finally {
    pooler.kill("SIGINT");
    await pooler.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function makePeople(): Promise<void> {
  await sql.unsafe(`drop table if exists people; create table people (id int, name text);
    insert into people select n, 'canary ' || n from generate_series(1, 6000) n`);
}

const WAYS = {
  client: [{}, {}],
  pushdown: [{ pushdown: true }, {}],
  batches: [{}, { commit: "batches" }],
  rewrite: [{}, { strategy: "rewrite" }],
} as const;

testUnless(
  whyNot,
  "every kind of run works through PgBouncer in transaction mode",
  () =>
    withPooler("transaction", async (url) => {
      for (const [options, run] of Object.values(WAYS)) {
        await makePeople();
        await using action = openAction(url, options);
        assert.equal(
          (await action.tokenize("public.people", ["name"], { dryRun: true })).updated,
          6000,
        );
        assert.equal((await action.tokenize("public.people", ["name"], run)).updated, 6000);
        assert.equal((await action.tokenize("public.people", ["name"], run)).updated, 0);
        assert.equal((await valuesOf("people", "name"))[0], tokenOf("canary 1"));
        assert.equal((await sql`select from pg_locks where locktype = 'advisory'`).length, 0);
      }
    }),
);

testUnless(
  whyNot,
  "PgBouncer in statement mode is named, and nothing is changed",
  () =>
    withPooler("statement", async (url) => {
      await makePeople();
      await using action = openAction(url);
      const error = await database.assertUnchanged(
        "people",
        () => action.fails("database_unreachable", "public.people", ["name"]),
      );
      assert.match(
        error.message,
        /pooler closed the connection, as PgBouncer does in statement mode/,
      );
    }),
);

testUnless(
  whyNot,
  "a pooler's server is found to be writable, and options that it refuses are named",
  async () => {
    await makePeople();
    await withPooler("transaction", async (url) => {
      await using action = openAction(`${url}?target_session_attrs=read-write`);
      assert.equal(
        (await action.tokenize("public.people", ["name"], { dryRun: true })).updated,
        6000,
      );
      await using withOptions = openAction(`${url}?options=-c%20geqo%3Doff`);
      const error = await withOptions.fails("database_unreachable", "public.people", ["name"]);
      assert.match(
        error.message,
        /a pooler .*does not accept .*such as options \(SQLSTATE 08P01\)$/,
      );
    });
  },
);
