/** Runs through connection poolers: they work, or are refused with the pooler's name and the reason. */
import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openAction, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { startCuttingProxy } from "../../support/cutting_proxy.ts";
import { testUnless } from "../../support/skipping.ts";
import { connect } from "../../support/test_database.ts";
import { noPgBouncer, noPgpool, withPgBouncer, withPgpool } from "./poolers.ts";

const database = await useDatabase();
const { sql, valuesOf } = database;

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

async function everyRunWorks(url: string): Promise<void> {
  for (const [options, run] of Object.values(WAYS)) {
    await makePeople();
    await using action = openAction(url, options);
    const dry = await action.tokenize("public.people", ["name"], { dryRun: true });
    assert.equal(dry.updated, 6000);
    assert.equal((await action.tokenize("public.people", ["name"], run)).updated, 6000);
    assert.equal((await action.tokenize("public.people", ["name"], run)).updated, 0);
    assert.equal((await valuesOf("people", "name"))[0], tokenOf("canary 1"));
    assert.equal((await sql`select from pg_locks where locktype = 'advisory'`).length, 0);
  }
}

for (const mode of ["session", "transaction"]) {
  testUnless(
    noPgBouncer,
    `every kind of run works through PgBouncer in ${mode} mode`,
    () => withPgBouncer(database.url, mode, everyRunWorks),
  );
}

testUnless(
  noPgBouncer,
  "PgBouncer in statement mode is named, and nothing is changed",
  () =>
    withPgBouncer(database.url, "statement", async (url) => {
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
  noPgBouncer,
  "a pooler's server is found to be writable, and options that it refuses are named",
  async () => {
    await makePeople();
    await withPgBouncer(database.url, "transaction", async (url) => {
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

testUnless(
  noPgpool,
  "every kind of run works through pgpool-II if each statement reaches one server",
  () => withPgpool(database.url, {}, everyRunWorks),
);

const REFUSED: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [
    { load_balance_mode: "on" },
    /may send reads to other servers: set its load_balance_mode to off/,
  ],
  [{ memory_cache_enabled: "on" }, /may respond from a cache: set its memory_cache_enabled to off/],
  [
    { backend_clustering_mode: "native_replication" },
    /sends each write to several servers \(native_replication\)/,
  ],
  [
    { backend_clustering_mode: "snapshot_isolation" },
    /sends each write to several servers \(snapshot_isolation\)/,
  ],
];

for (const [settings, reason] of REFUSED) {
  testUnless(
    noPgpool,
    `pgpool-II with ${Object.entries(settings).flat().join(" = ")} is refused by its name`,
    () =>
      withPgpool(database.url, settings, async (url) => {
        await makePeople();
        await using action = openAction(url);
        for (const dryRun of [true, false]) {
          const error = await database.assertUnchanged(
            "people",
            () => action.fails("database_error", "public.people", ["name"], { dryRun }),
          );
          assert.match(error.message, /^Cannot connect to Postgres: pgpool-II is in between and /);
          assert.match(error.message, reason);
        }
      }),
  );
}

for (const tls of ["off", "required"] as const) {
  Deno.test(`a server is asked for pgpool-II only if something is in between, and then once (TLS ${tls})`, async () => {
    await using server = await startPostgres({ tls, settings: { log_statement: "all" } });
    const url = new URL(server.url());
    url.search = tls === "required" ? "sslmode=require" : "";
    {
      await using sql = connect(server.url());
      await sql.unsafe("create table people as select 'canary'::text as name");
    }
    const timesAsked = async (url: URL) => {
      const times = async () => (await server.log()).split("statement: SHOW pool_version").length;
      const before = await times();
      await using action = openAction(url.href);
      await action.tokenize("public.people", ["name"], { commit: "batches", connections: 3 });
      return await times() - before;
    };
    assert.equal(await timesAsked(url), 0);
    const target = { hostname: url.hostname, port: Number(url.port) };
    using proxy = startCuttingProxy(target, () => false);
    url.port = String(proxy.port);
    assert.equal(await timesAsked(url), 1);
  });
}
