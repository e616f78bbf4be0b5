/** Runs as resources, on a real Postgres: started, found again, cancelled, queued. */
import assert from "node:assert/strict";
import { until } from "../../scripts/servers/until.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { type ActionApi, codeOf, openApi, urn } from "./action_api.ts";

const database = await useDatabase();
const { sql } = database;
const ENV = { PG_CONN_STR: database.url, PG_LOCK_TIMEOUT_MS: "600000" };
const ASYNC = { prefer: "respond-async" };

const urnOfTable = (table: string) => urn(`${database.name}.public.${table}`);
const bodyOf = (table: string) => ({ dataset_urn: urnOfTable(table), columns: ["v"] });

async function createTable(table: string, rows = 20): Promise<void> {
  await sql`create table ${sql(table)} as
    select n as id, 'canary ' || n as v from generate_series(1, ${rows}::int) n`;
}

/** How many values are left in a table. */
async function valuesLeft(table: string): Promise<number> {
  const values = await database.valuesOf(table, "v");
  return values.filter((value) => !value?.startsWith("tok_")).length;
}

/** Holds a row of each table for as long as `use` takes, so that runs on them wait there. */
async function whileLocked(tables: readonly string[], use: () => Promise<void>): Promise<void> {
  await using other = database.connect();
  await other.begin(async (locker) => {
    for (const table of tables) await locker`select from ${locker(table)} where id = 1 for update`;
    await use();
  });
}

const stateOf = async (api: ActionApi, runId: string) =>
  (await api.send("GET", `/runs/${runId}`)).json.state;
const untilState = (api: ActionApi, runId: string, state: string) =>
  until(async () => await stateOf(api, runId) === state, `the run is not ${state}`);

const untilNoneIsLive = (api: ActionApi) =>
  until(async () => (await api.send("GET", "/runs?state=running,queued")).json.runs.length === 0);

Deno.test("with respond-async the run is there at once, and found again when it is done", async () => {
  await createTable("later");
  await using api = openApi(ENV);
  let runId = "";
  await whileLocked(["later"], async () => {
    const started = await api.trigger(bodyOf("later"), { ...ASYNC, from: "ann@example.com" });
    assert.equal(started.status, 202);
    runId = started.json.run_id;
    assert.equal(started.headers.get("location"), `/runs/${runId}`);
    assert.equal(started.headers.get("preference-applied"), "respond-async");
    assert.deepEqual([started.json.state, started.json.report], ["queued", null]);
    assert.deepEqual(started.json.cause, { kind: "http", actor: "ann@example.com" });
    await untilState(api, runId, "running");
  });
  await untilState(api, runId, "succeeded");
  const { json: run } = await api.send("GET", `/runs/${runId}`);
  assert.equal(run.report.updated, 20);
  assert.equal(run.report.run_id, runId);
  assert.deepEqual([run.table, run.problem], [`${database.name}.public.later`, null]);
  const times = [run.created_at, run.started_at, run.finished_at];
  assert.deepEqual(times, times.toSorted());
  assert.equal(await valuesLeft("later"), 0);
});

Deno.test("respond-async is a preference of its own, not a word in another one's value", async () => {
  await createTable("preferred");
  await using api = openApi(ENV);
  const statusOf = async (prefer: string) =>
    (await api.trigger({ ...bodyOf("preferred"), dry_run: true }, { prefer })).status;
  for (const prefer of ["wait=1, Respond-Async", 'a="x, \\" y"; b, respond-async;c=d']) {
    assert.equal(await statusOf(prefer), 202, prefer);
    await untilNoneIsLive(api);
  }
  for (const prefer of ['a="x, respond-async, y"', "respond-async=1", "respond-asynchronous", ""]) {
    assert.equal(await statusOf(prefer), 200, prefer);
  }
});

Deno.test("a trigger that waits for its report is kept as a run too, also one that fails", async () => {
  await createTable("kept");
  await using api = openApi(ENV);
  const done = await api.trigger(bodyOf("kept"));
  assert.deepEqual([done.status, done.json.updated], [200, 20]);
  const failed = await api.trigger(bodyOf("nowhere"));
  assert.deepEqual([failed.status, codeOf(failed)], [404, "table_not_found"]);
  const { json: page } = await api.send("GET", "/runs");
  assert.deepEqual(page.runs.map((run: { state: string }) => run.state), ["failed", "succeeded"]);
  const [lost, kept] = page.runs;
  assert.deepEqual(kept.report, done.json);
  assert.deepEqual(lost.problem, failed.json);
  assert.deepEqual(page.history, { kept_in: "memory", max_runs: 1000, dropped_runs: 0 });
  assert.equal(page.next_cursor, null);
});

Deno.test("what cannot be tried is refused at once, with or without respond-async", async () => {
  await using api = openApi({ ...ENV, ALLOWED_DATASETS: urnOfTable("kept") });
  const refused = async (body: unknown) => codeOf(await api.trigger(body, ASYNC));
  assert.equal(await refused({ dataset_urn: "no urn", columns: ["v"] }), "invalid_urn");
  assert.equal(await refused(bodyOf("other")), "dataset_not_allowed");
  assert.equal(
    await refused({ ...bodyOf("kept"), dataset_urn: urn("a.b.c", "oracle") }),
    "dataset_not_allowed",
  );
  assert.deepEqual((await api.send("GET", "/runs")).json.runs, []);
});

Deno.test("lists have pages and filters, and refuse what they do not know", async () => {
  await using api = openApi(ENV);
  for (const table of ["kept", "nowhere", "kept"]) await api.trigger(bodyOf(table));
  const list = async (query: string) => (await api.send("GET", `/runs?${query}`)).json;
  const first = await list("limit=2");
  const second = await list(`limit=2&cursor=${first.next_cursor}`);
  assert.deepEqual([first.runs.length, second.runs.length, second.next_cursor], [2, 1, null]);
  assert.equal((await list("state=failed")).runs.length, 1);
  assert.equal((await list("state=failed,succeeded")).runs.length, 3);
  const ofKept = `dataset_urn=${encodeURIComponent(urnOfTable("kept"))}`;
  assert.equal((await list(ofKept)).runs.length, 2);
  for (const query of ["limit=0", "limit=201", "limit=x", "state=done", "cursor=zz", "order=asc"]) {
    const { status, json } = await api.send("GET", `/runs?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_request"], query);
  }
});

Deno.test("what is not there is not found, and methods are as documented", async () => {
  await using api = openApi(ENV);
  const id = crypto.randomUUID();
  for (
    const [method, path] of [
      ["GET", `/runs/${id}`],
      ["GET", `/runs/${id}/events`],
      ["POST", `/runs/${id}/cancel`],
      ["GET", "/runs/%00"],
    ] as const
  ) {
    const { status, json } = await api.send(method, path);
    assert.deepEqual([status, json.code], [404, "not_found"], path);
  }
  const wrong = await api.send("POST", "/runs");
  assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "GET, HEAD"]);
  const cancel = await api.send("GET", `/runs/${id}/cancel`);
  assert.deepEqual([cancel.status, cancel.headers.get("allow")], [405, "POST"]);
});

Deno.test("runs ask for the token that /trigger asks for", async () => {
  const token = "a token for the tests".replaceAll(" ", "-");
  await using api = openApi({ ...ENV, TRIGGER_TOKEN: token });
  const id = crypto.randomUUID();
  for (const path of ["/runs", `/runs/${id}`, `/runs/${id}/events`]) {
    assert.equal((await api.send("GET", path)).status, 401, path);
    const headers = { authorization: `Bearer ${token}` };
    assert.notEqual((await api.send("GET", path, { headers })).status, 401, path);
  }
  assert.equal((await api.send("POST", `/runs/${id}/cancel`)).status, 401);
});

Deno.test("the same key and body is the same run, and its answer", async () => {
  await createTable("once");
  await using api = openApi(ENV);
  const headers = { "idempotency-key": "order 66" };
  const first = await api.trigger(bodyOf("once"), headers);
  assert.equal(first.json.updated, 20);
  assert.equal(first.headers.get("idempotent-replayed"), null);
  const { dataset_urn, columns } = bodyOf("once");
  const again = await api.trigger({ columns, dry_run: false, dataset_urn }, {
    "idempotency-key": '"order 66"',
  });
  assert.deepEqual([again.status, again.json], [200, first.json]);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  const asRun = await api.trigger(bodyOf("once"), { ...headers, ...ASYNC });
  assert.deepEqual([asRun.status, asRun.json.state], [202, "succeeded"]);
  const other = await api.trigger(bodyOf("later"), headers);
  assert.deepEqual([other.status, codeOf(other)], [422, "idempotency_key_reused"]);
  assert.equal((await api.send("GET", "/runs")).json.runs.length, 1);
  for (const key of ["", "x".repeat(256), "é"]) {
    const { json } = await api.trigger(bodyOf("once"), { "idempotency-key": key });
    assert.equal(json.code, "invalid_request");
  }
});

Deno.test("a request that is repeated while its run is under way waits for the same answer", async () => {
  await createTable("twice");
  await using api = openApi(ENV);
  const headers = { "idempotency-key": "k" };
  let both: Promise<Awaited<ReturnType<ActionApi["trigger"]>>[]> | undefined;
  await whileLocked(["twice"], async () => {
    const first = api.trigger(bodyOf("twice"), headers);
    await until(async () => (await api.send("GET", "/runs?state=running")).json.runs.length === 1);
    both = Promise.all([first, api.trigger(bodyOf("twice"), headers)]);
    const replayed = await api.trigger(bodyOf("twice"), { ...headers, ...ASYNC });
    assert.equal(replayed.json.state, "running");
  });
  const [first, second] = await both!;
  assert.equal(first!.json.updated, 20);
  assert.deepEqual(second!.json, first!.json);
});

Deno.test("a key whose run failed for a reason that passes begins another run", async () => {
  await createTable("passing");
  await using api = openApi({ ...ENV, PG_LOCK_TIMEOUT_MS: "100" });
  const headers = { "idempotency-key": "k" };
  await whileLocked(["passing"], async () => {
    assert.equal(codeOf(await api.trigger(bodyOf("passing"), headers)), "lock_timeout");
  });
  assert.equal((await api.trigger(bodyOf("passing"), headers)).json.updated, 20);
});

Deno.test("a run under way that is cancelled is rolled back, and its caller is told", async () => {
  await createTable("undone");
  await using api = openApi(ENV);
  await whileLocked(["undone"], async () => {
    const waiting = api.trigger(bodyOf("undone"));
    await until(async () => (await api.send("GET", "/runs?state=running")).json.runs.length === 1);
    const [{ run_id: runId }] = (await api.send("GET", "/runs")).json.runs;
    const asked = await api.send("POST", `/runs/${runId}/cancel`);
    assert.deepEqual([asked.status, asked.json.cancel_requested], [202, true]);
    const cancelled = await waiting;
    assert.deepEqual([cancelled.status, codeOf(cancelled)], [409, "run_cancelled"]);
    assert.match(cancelled.json.detail, /it was cancelled; nothing was changed$/);
    const { json: run } = await api.send("GET", `/runs/${runId}`);
    assert.deepEqual([run.state, run.problem], ["cancelled", cancelled.json]);
    const again = await api.send("POST", `/runs/${runId}/cancel`);
    assert.deepEqual([again.status, again.json], [202, run]);
  });
  assert.equal(await valuesLeft("undone"), 20);
  const events = api.observations.map(({ event }) => event);
  assert.ok(events.includes("run_cancelled") && !events.includes("run_failed"));
});

Deno.test("runs beyond eight wait for their turn, some are cancelled, and each of the others is done once", async () => {
  const tables = Array.from({ length: 200 }, (_, i) => `queued_${i}`);
  for (const table of tables) await createTable(table, 3);
  await using api = openApi(ENV);
  const runIds: string[] = [];
  const cancelled = new Set<string>();
  await whileLocked(tables, async () => {
    for (const table of tables) {
      const { status, json } = await api.trigger(bodyOf(table), ASYNC);
      assert.equal(status, 202);
      runIds.push(json.run_id);
    }
    await until(async () => (await api.send("GET", "/runs?state=running")).json.runs.length === 8);
    assert.deepEqual([...api.runs.load.values()], [{ waiting: 192, running: 8 }]);
    for (const runId of runIds.filter((_, i) => i % 7 === 3 && i >= 8)) {
      const { json } = await api.send("POST", `/runs/${runId}/cancel`);
      assert.equal(json.state, "cancelled");
      cancelled.add(runId);
    }
  });
  await untilNoneIsLive(api);
  for (const [i, runId] of runIds.entries()) {
    const isCancelled = cancelled.has(runId);
    assert.equal(await stateOf(api, runId), isCancelled ? "cancelled" : "succeeded", tables[i]);
    assert.equal(await valuesLeft(tables[i]!), isCancelled ? 3 : 0, tables[i]);
    const started = api.observations.filter((each) =>
      each.event === "run_started" && each.runId === runId
    );
    assert.equal(started.length, isCancelled ? 0 : 1);
  }
});

Deno.test("a queue that is full refuses the next run, and says when to try again", async () => {
  const tables = Array.from({ length: 10 }, (_, i) => `full_${i}`);
  for (const table of tables) await createTable(table, 1);
  await using api = openApi({ ...ENV, MAX_QUEUED_RUNS: "1" });
  await whileLocked(tables, async () => {
    for (const table of tables.slice(0, 9)) await api.trigger(bodyOf(table), ASYNC);
    const key = { "idempotency-key": "k" };
    const all: Record<string, string>[] = [{}, key, ASYNC, { ...key, ...ASYNC }];
    for (const headers of all) {
      const refused = await api.trigger(bodyOf(tables[9]!), headers);
      assert.deepEqual([refused.status, codeOf(refused)], [409, "run_in_progress"]);
      assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    }
  });
  await untilNoneIsLive(api);
  const done = await api.trigger(bodyOf(tables[9]!), { "idempotency-key": "k" });
  assert.equal(done.json.updated, 1, "the key of a refused run is free");
});

Deno.test("a shutdown ends runs that wait at once, and those under way after the grace period", async () => {
  const tables = Array.from({ length: 9 }, (_, i) => `stopped_${i}`);
  for (const table of tables) await createTable(table, 2);
  await using api = openApi(ENV);
  await whileLocked(tables, async () => {
    for (const table of tables) await api.trigger(bodyOf(table), ASYNC);
    await until(async () => (await api.send("GET", "/runs?state=running")).json.runs.length === 8);
    await api.registry.drain(0);
  });
  const { json: { runs } } = await api.send("GET", "/runs");
  for (const { state, problem } of runs) {
    assert.deepEqual([state, problem.code], ["interrupted", "shutting_down"]);
  }
  for (const table of tables) assert.equal(await valuesLeft(table), 2);
});
