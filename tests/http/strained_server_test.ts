/** Runs that wait for a strained server: for a standby, a logical slot, and sessions of others. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openSql } from "../../scripts/servers/postgres/sql.ts";
import {
  type PostgresServer,
  startPostgres,
} from "../../scripts/servers/postgres/postgres_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { ReplicaLag } from "../../src/platforms/postgres/rewrite/replica_lag.ts";
import { type ActionApi, codeOf, openApi, urn } from "./action_api.ts";

const server = await startPostgres({
  settings: { wal_level: "logical", max_wal_senders: 4, max_replication_slots: 4 },
  accessRules: [
    "local all all trust",
    "host all all 127.0.0.1/32 trust",
    "host replication all 127.0.0.1/32 trust",
  ],
});
Deno.test.afterAll(() => server.remove());

const ROWS = 2000;

async function withTable(table: string, use: (body: unknown) => Promise<void>): Promise<void> {
  const sql = openSql(server.url());
  try {
    await sql`create table ${sql(table)} as select n as id, 'canary ' || n as v,
      (select string_agg(md5(n::text || i), '') from generate_series(1, 100) i) as ballast
      from generate_series(1, ${ROWS}::int) n`;
    const dataset_urn = urn(`postgres.public.${table}`);
    await use({ dataset_urn, columns: ["v"], commit: "batches" });
    const [left] = await sql`select count(*)::int from ${sql(table)} where v like 'canary%'` as [
      { count: number },
    ];
    assert.equal(left.count, 0);
  } finally {
    await sql.end();
  }
}

/** Starts a run that waits for `reason`, has `relieve` end that, and waits for its end. */
async function waitsFor(
  api: ActionApi,
  body: unknown,
  reason: RegExp,
  relieve: () => Promise<unknown>,
): Promise<void> {
  const { json: { run_id: runId } } = await api.trigger(body, { prefer: "respond-async" });
  const run = async () => (await api.send("GET", `/runs/${runId}`)).json;
  await until(async () => reason.test((await run()).progress?.throttled_by ?? ""), reason.source);
  assert.equal((await run()).state, "running");
  const waits = api.observations.find(({ event }) => event === "run_throttled");
  assert.match((waits as { reason: string }).reason, reason);
  await relieve();
  await until(async () => (await run()).state !== "running", "the run does not go on");
  const { state, report, progress } = await run();
  assert.deepEqual([state, report?.updated, progress.throttled_by], ["succeeded", ROWS, undefined]);
  assert.ok(api.observations.some(({ event }) => event === "run_resumed"));
  const said = api.observations.filter(({ event }) => event === "run_throttled").length;
  const resumed = api.observations.filter(({ event }) => event === "run_resumed").length;
  assert.equal(said, resumed, "each wait is said once, however its figures change");
}

Deno.test("a run waits while a logical slot is behind", async () => {
  await using api = openApi({ PG_CONN_STR: server.url(), PG_MAX_SLOT_LAG_MIB: "1" });
  const sql = openSql(server.url());
  await sql`select pg_create_logical_replication_slot('behind', 'pgoutput')`;
  await withTable("slotted", async (body) => {
    await waitsFor(
      api,
      body,
      /^a logical slot that is \d+ MiB behind \(PG_MAX_SLOT_LAG_MIB\)$/,
      () => sql`select pg_drop_replication_slot('behind')`,
    );
  });
  await sql.end();
});

Deno.test("a run waits while others keep the server busy, also in one transaction", async () => {
  for (const commit of ["batches", "atomic"]) {
    await using api = openApi({
      PG_CONN_STR: server.url(),
      PG_MAX_ACTIVE_SESSIONS: "2",
      PUSHDOWN: "false",
    });
    const busy = Array.from({ length: 3 }, () => openSql(server.url()));
    const work = busy.map((sql) => sql`select pg_sleep(600)`.then(() => {}, () => {}));
    const admin = openSql(server.url());
    await until(async () =>
      (await admin`select from pg_stat_activity where query like 'select pg_sleep%'`).length >= 3
    );
    await withTable(`busy_${commit}`, async (body) => {
      await waitsFor(
        api,
        { ...body as Record<string, unknown>, commit },
        /^[34] active sessions of others \(PG_MAX_ACTIVE_SESSIONS\)$/,
        () =>
          admin`select pg_terminate_backend(pid) from pg_stat_activity
            where query like 'select pg_sleep%' and pid <> pg_backend_pid()`,
      );
    });
    await Promise.all(work);
    await Promise.all([...busy, admin].map((sql) => sql.end().catch(() => {})));
  }
});

Deno.test("a run waits while a standby does not replay what is written", async () => {
  await using standby = await standbyOf(server);
  await using api = openApi({ PG_CONN_STR: server.url(), PG_MAX_REPLICA_LAG_MS: "300" });
  const onStandby = openSql(standby.url());
  await onStandby`select pg_wal_replay_pause()`;
  await withTable("replicated", async (body) => {
    await waitsFor(
      api,
      { ...body as Record<string, unknown>, rows_per_second: 500 }, // it lasts longer than the lag
      /^a standby that is \d+ ms behind \(PG_MAX_REPLICA_LAG_MS\)$/,
      () => onStandby`select pg_wal_replay_resume()`,
    );
  });
  await onStandby.end();
});

/** A streaming copy of the server, which restarts for it. */
async function standbyOf(primary: PostgresServer): Promise<PostgresServer> {
  const standby = await startPostgres();
  await Promise.all([standby.stop(), primary.stop()]);
  const [from, to] = [primary, standby].map(({ dir }) => join(dir, "data"));
  await Deno.remove(to!, { recursive: true });
  const copying = new Deno.Command("cp", { args: ["-a", from!, to!] });
  assert.ok((await copying.output()).success);
  await Deno.writeTextFile(join(to!, "standby.signal"), "");
  const source = `'host=127.0.0.1 port=${primary.port} user=postgres'`;
  await Deno.writeTextFile(
    join(to!, "postgresql.conf"),
    `\nport = ${standby.port}\nprimary_conninfo = ${source}\n`,
    { append: true },
  );
  await primary.start();
  await standby.start();
  const sql = openSql(primary.url());
  await until(async () =>
    (await sql`select from pg_stat_replication where state = 'streaming'`).length === 1
  );
  await sql.end();
  return standby;
}

Deno.test("a role that may not see the load is refused, as the limit could not be kept", async () => {
  const sql = openSql(server.url());
  await sql.unsafe(
    "create role blind login; create table seen (v text); insert into seen values ('a')",
  );
  await sql.unsafe("grant select, update on seen to blind");
  const url = server.url("postgres", { user: "blind" });
  const body = { dataset_urn: urn("postgres.public.seen"), columns: ["v"], commit: "batches" };
  await using api = openApi({ PG_CONN_STR: url, PG_MAX_ACTIVE_SESSIONS: "50" });
  const refused = await api.trigger(body);
  assert.deepEqual([refused.status, codeOf(refused)], [403, "permission_denied"]);
  assert.match(refused.json.detail, /GRANT pg_read_all_stats to it/);
  await sql.unsafe("grant pg_read_all_stats to blind");
  assert.equal((await api.trigger(body)).json.updated, 1);
  await sql.end();
});

Deno.test("the lag of a standby that replays nothing grows, and ends when it has replayed all", () => {
  const lag = new ReplicaLag();
  const measure = (atMs: number, written: number, replayed: number | null, replayLagMs = 0) =>
    lag.measure({ atMs, written, replayed, replayLagMs });
  assert.equal(measure(0, 100, 100), 0);
  assert.equal(measure(500, 300, 100), 0, "written this moment");
  assert.equal(measure(1000, 400, 100), 500);
  assert.equal(measure(3000, 400, 100), 2500);
  assert.equal(measure(3500, 400, 300), 2500, "what was written a while later is next");
  assert.equal(measure(4000, 400, 400, 5000), 0, "all is replayed");
  assert.equal(measure(4500, 500, 400, 700), 700, "the server knows more");
  assert.equal(measure(5000, 500, null), 0, "there is no standby");
});
