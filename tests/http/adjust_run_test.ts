/** Runs under way that are paused, slowed down and let go on, on a real Postgres. */
import assert from "node:assert/strict";
import { until } from "../../scripts/servers/until.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { type ActionApi, codeOf, openApi, urn } from "./action_api.ts";

const database = await useDatabase();
const { sql } = database;
const ENV = { PG_CONN_STR: database.url };
const CLIENT = { ...ENV, PUSHDOWN: "false" };
const ROWS = 3000;

/** A table of about a hundred rows a MiB, so of many ranges. */
async function createTable(table: string, rows = ROWS): Promise<void> {
  await sql`create table ${sql(table)} as select n as id, 'canary ' || n as v,
    (select string_agg(md5(n::text || i), '') from generate_series(1, 200) i) as ballast
    from generate_series(1, ${rows}::int) n`;
  await sql`alter table ${sql(table)} alter ballast set storage plain`;
  await sql`update ${sql(table)} set ballast = ballast || ''`;
}

const bodyOf = (table: string, options: Record<string, unknown> = { commit: "batches" }) => ({
  dataset_urn: urn(`${database.name}.public.${table}`),
  columns: ["v"],
  ...options,
});

async function start(api: ActionApi, body: unknown): Promise<string> {
  const { status, json } = await api.trigger(body, { prefer: "respond-async" });
  assert.equal(status, 202, json.detail);
  return json.run_id;
}

const runOf = async (api: ActionApi, runId: string) =>
  (await api.send("GET", `/runs/${runId}`)).json;
const adjust = (api: ActionApi, runId: string, change: unknown) =>
  api.send("PATCH", `/runs/${runId}`, {
    body: JSON.stringify(change),
    headers: { "content-type": "application/json" },
  });
// deno-lint-ignore no-explicit-any -- tests look into it
const untilRun = async (api: ActionApi, runId: string, is: (run: any) => boolean) => {
  await until(async () => is(await runOf(api, runId)), JSON.stringify(await runOf(api, runId)));
  return await runOf(api, runId);
};
const isTokenized = (value: string | null) => value?.startsWith("tok_") ?? false;
const tokens = async (table: string) =>
  (await database.valuesOf(table, "v")).filter(isTokenized).length;

Deno.test("a run in batches is paused without a lock on any row, slowed down, and goes on", async () => {
  await createTable("paused");
  await using api = openApi(CLIENT);
  const runId = await start(api, bodyOf("paused", { commit: "batches", rows_per_second: 300 }));
  const begun = await untilRun(api, runId, ({ progress }) => progress?.updated > 0);
  assert.deepEqual(begun.adjustable, ["rows_per_second", "connections", "paused"]);
  assert.equal(begun.throttle.rows_per_second, 300);

  const paused = await adjust(api, runId, { paused: true });
  assert.deepEqual([paused.status, paused.json.throttle.paused], [200, true]);
  const { progress: resting } = await untilRun(
    api,
    runId,
    ({ progress }) => progress.throttled_by === "a request to pause",
  );
  assert.deepEqual([resting.rows_per_second, resting.seconds_left], [0, undefined]);
  await until(async () => (await locksOf("paused")) === 0, "a batch is still under way");
  const before = await tokens("paused");
  assert.ok(before > 0 && before < ROWS);
  await sql`update paused set v = 'written meanwhile' where id % 100 = 0`; // waits for nobody
  assert.equal((await runOf(api, runId)).state, "running");

  await adjust(api, runId, { paused: false, rows_per_second: null, connections: 1 });
  const { report, progress, throttle } = await untilRun(
    api,
    runId,
    ({ state }) => state !== "running",
  );
  assert.ok(report.updated >= ROWS);
  assert.equal(progress.throttled_by, undefined);
  assert.deepEqual(throttle, { rows_per_second: null, connections: 1, paused: false });
  assert.equal(await tokens("paused"), ROWS);
  const events = api.observations.map(({ event }) => event);
  assert.ok(events.includes("run_throttled") && events.includes("run_resumed"));
});

/** How many locks on rows, and transactions that write, there are on a table. */
async function locksOf(table: string): Promise<number> {
  const [counted] =
    await sql`select count(*)::int from pg_locks l join pg_class c on c.oid = relation
    where c.relname = ${table} and l.mode in ('RowExclusiveLock', 'RowShareLock')` as [
      { count: number },
    ];
  return counted.count;
}

Deno.test("a rate is kept, whatever connections there are", async () => {
  await createTable("rated", 900);
  await using api = openApi(ENV);
  const startMs = performance.now();
  const { json } = await api.trigger(
    bodyOf("rated", { commit: "batches", rows_per_second: 600, connections: 4 }),
  );
  assert.equal(json.updated, 900);
  // what is written by the first batches on the way is not held up
  assert.ok(performance.now() - startMs > 500, `${performance.now() - startMs} ms`);
});

Deno.test("one transaction of the client path is paused between its batches, and cancelled then", async () => {
  await createTable("atomic", 10_000);
  const options = encodeURIComponent("-c idle_in_transaction_session_timeout=300");
  await using api = openApi({ ...CLIENT, PG_CONN_STR: `${database.url}?options=${options}` });
  const runId = await start(api, bodyOf("atomic", { rows_per_second: 2000 }));
  const begun = await untilRun(api, runId, ({ progress }) => progress?.updated > 0);
  assert.deepEqual(begun.adjustable, ["rows_per_second", "paused"]);
  const refused = await adjust(api, runId, { connections: 2 });
  assert.deepEqual([refused.status, codeOf(refused)], [422, "run_not_adjustable"]);
  assert.match(refused.json.detail, /"connections" cannot be changed in one transaction/);
  await adjust(api, runId, { paused: true });
  await untilRun(api, runId, ({ progress }) => progress.throttled_by === "a request to pause");
  await sql`select pg_sleep(0.6)`; // longer than the server lets a transaction idle
  assert.equal((await runOf(api, runId)).state, "running");
  await api.send("POST", `/runs/${runId}/cancel`);
  const { problem } = await untilRun(api, runId, ({ state }) => state === "cancelled");
  assert.match(problem.detail, /nothing was changed/);
  assert.equal(await tokens("atomic"), 0);
});

Deno.test("what is one statement cannot be changed, and a rate keeps it from being one", async () => {
  await createTable("statement", 50);
  await using api = openApi(ENV);
  await using other = database.connect();
  await other.begin(async (locker) => {
    await locker`select from statement where id = 1 for update`;
    const runId = await start(api, bodyOf("statement", {}));
    await untilRun(api, runId, ({ adjustable }) => adjustable !== undefined);
    const refused = await adjust(api, runId, { paused: true });
    assert.deepEqual([refused.status, codeOf(refused)], [422, "run_not_adjustable"]);
    assert.match(refused.json.detail, /its work is one statement in the database/);
    await api.send("POST", `/runs/${runId}/cancel`);
    await untilRun(api, runId, ({ state }) => state === "cancelled");
    const over = await adjust(api, runId, { paused: true });
    assert.deepEqual([over.status, codeOf(over)], [422, "run_not_adjustable"]);
  });
  const rated = await api.trigger(bodyOf("statement", { rows_per_second: 1_000_000 }));
  assert.deepEqual([rated.json.updated, rated.json.method], [50, "client"]);
  const rewrite = bodyOf("statement", { strategy: "rewrite", rows_per_second: 5 });
  assert.equal(codeOf(await api.trigger(rewrite)), "invalid_request");
});

Deno.test("changes that mean nothing are refused", async () => {
  await using api = openApi(ENV);
  const runId = crypto.randomUUID();
  assert.equal(codeOf(await adjust(api, runId, { paused: true })), "not_found");
  for (
    const change of [
      {},
      [],
      null,
      { paused: "yes" },
      { rows_per_second: 0 },
      { connections: 65 },
      { connections: 1.5 },
      { speed: 5 },
    ]
  ) {
    assert.equal(codeOf(await adjust(api, runId, change)), "invalid_request");
  }
  const atomic = await api.trigger(bodyOf("statement", { connections: 2 }));
  assert.deepEqual([atomic.status, codeOf(atomic)], [400, "invalid_request"]);
});

Deno.test("a batch that fails ends the run, though it is paused", async () => {
  await createTable("failing", 600);
  await using api = openApi({ ...CLIENT, PG_LOCK_TIMEOUT_MS: "1000" });
  await using other = database.connect();
  await other.begin(async (locker) => {
    await locker`select from failing where id = 1 for update`;
    const runId = await start(api, bodyOf("failing", { commit: "batches", connections: 2 }));
    await database.untilBlocked();
    await adjust(api, runId, { paused: true });
    const { problem } = await untilRun(api, runId, ({ state }) => state === "failed");
    assert.equal(problem.code, "lock_timeout");
  });
});
