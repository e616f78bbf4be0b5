/** Two real programs on one history and one database, of which one is killed. */
import assert from "node:assert/strict";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { PII } from "../datahub/loop/labels.ts";
import { loopEnvironment } from "../datahub/loop/loop_environment.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { fromSource, type Service, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";

const database = await useDatabase({ customers: true });
const history = await useDatabase();
const urn = urnOf(`${database.name}.public.customers`);
const json = { "content-type": "application/json" };

function start(replica: string, env: Readonly<Record<string, string>> = {}): Promise<Service> {
  return startService(fromSource, {
    PG_CONN_STR: database.url,
    HISTORY_CONN_STR: history.url,
    REPLICA_NAME: replica,
    ...env,
  });
}

function trigger(service: Service, body: unknown, headers: Record<string, string> = {}) {
  return service.send("POST", "/trigger", {
    headers: { ...json, prefer: "respond-async", ...headers },
    body: JSON.stringify(body),
  });
}

async function stateOf(service: Service, runId: string): Promise<string> {
  const { json } = await service.send("GET", `/runs/${runId}`);
  return json.state;
}

/** The events of a run, as they come, until the stream ends. */
async function events(service: Service, runId: string): Promise<string[]> {
  const response = await fetch(`${service.url}/runs/${runId}/events`);
  const text = await response.text();
  return [...text.matchAll(/"state":"(\w+)"/g)].map(([, state]) => state!);
}

Deno.test("a run is followed and cancelled from another replica, and its key means it there, too", async () => {
  await using a = await start("a");
  await using b = await start("b");
  await using blocker = database.connect();
  await blocker`begin`;
  await blocker`lock table customers in access exclusive mode`;
  const body = { dataset_urn: urn, columns: ["email"] };
  const key = { "idempotency-key": "once" };
  const started = await trigger(a, body, key);
  assert.equal(started.status, 202);
  const runId = started.json.run_id;
  await until(async () => await stateOf(b, runId) === "running", "b does not see that it runs");
  const followed = events(b, runId);

  const again = await trigger(b, body, key);
  assert.deepEqual([again.status, again.json.run_id], [202, runId]);
  const other = await trigger(b, { ...body, columns: ["phone"] }, key);
  assert.deepEqual([other.status, other.json.code], [422, "idempotency_key_reused"]);
  const list = await b.send("GET", "/runs");
  assert.deepEqual(list.json.history.kept_in, "postgres");
  assert.deepEqual(list.json.runs.map(({ run_id }: { run_id: string }) => run_id), [runId]);

  assert.equal((await b.send("POST", `/runs/${runId}/cancel`)).status, 202);
  const states = await followed;
  assert.equal(states.at(-1), "cancelled");
  assert.equal(await stateOf(a, runId), "cancelled");
  await blocker`rollback`;
});

Deno.test("a run is paused, and let go on, from another replica", async () => {
  await database.sql`create table long as
    select n as id, 'canary ' || n as v from generate_series(1, 20000) n`;
  await using a = await start("a", { PUSHDOWN: "false" });
  await using b = await start("b");
  const dataset_urn = urnOf(`${database.name}.public.long`);
  const body = { dataset_urn, columns: ["v"], commit: "batches", rows_per_second: 1000 };
  const { json: { run_id: runId } } = await trigger(a, body);
  const seenBy = async (service: Service) => (await service.send("GET", `/runs/${runId}`)).json;
  await until(async () => (await seenBy(b)).progress?.updated > 0, "b sees no progress");
  const patch = (change: unknown) =>
    b.send("PATCH", `/runs/${runId}`, { headers: json, body: JSON.stringify(change) });
  const paused = await patch({ paused: true });
  assert.deepEqual([paused.status, paused.json.throttle.paused], [200, true]);
  await until(async () => (await seenBy(b)).progress?.throttled_by, "it does not pause");
  assert.equal((await seenBy(a)).state, "running");
  assert.equal((await patch({ paused: false, rows_per_second: null })).status, 200);
  await until(async () => (await seenBy(b)).state === "succeeded", "it does not go on");
  assert.equal((await seenBy(b)).report.updated, 20_000);
});

Deno.test("a table is rewritten by one of two replicas at a time", async () => {
  await using a = await start("a");
  await using b = await start("b");
  await using blocker = database.connect();
  await blocker`begin`;
  await blocker`select from customers where id = 1 for update`;
  const first = await trigger(a, { dataset_urn: urn, columns: ["email"] });
  await until(async () => await stateOf(b, first.json.run_id) === "running", "it does not run");
  await database.untilBlocked();
  const second = await b.trigger({ dataset_urn: urn, columns: ["email"] });
  assert.deepEqual([second.status, second.json.code], [409, "run_in_progress"]);
  await blocker`rollback`;
  await until(async () => await stateOf(b, first.json.run_id) === "succeeded", "it is not done");
});

Deno.test("a replica that is killed leaves a run that the other ends as interrupted, with the truth", async () => {
  await using a = await start("a");
  await using b = await start("b");
  await using blocker = database.connect();
  await blocker`begin`;
  await blocker`select from customers where id = 100 for update`;
  const before = await database.valuesOf("customers", "phone");
  const { json: run } = await trigger(a, { dataset_urn: urn, columns: ["phone"] });
  await until(async () => await stateOf(b, run.run_id) === "running", "it does not run");
  await database.untilBlocked();
  await a.stop("SIGKILL");
  await blocker`rollback`;
  await until(async () => await stateOf(b, run.run_id) === "interrupted", "it is not found");
  const { json: found } = await b.send("GET", `/runs/${run.run_id}`);
  assert.equal(found.problem.code, "run_interrupted");
  assert.deepEqual(await database.valuesOf("customers", "phone"), before);
  const { json: done } = await b.trigger({ dataset_urn: urn, columns: ["phone"] });
  assert.equal(done.updated, 100);
});

Deno.test("DataHub is followed by one of two replicas, and by the other within seconds of a kill", async () => {
  await using datahub = startDatahub();
  await using place = await createTestDatabase({ customers: true });
  const dataset = urnOf(`${place.name}.public.customers`);
  datahub.metadata.addDataset(dataset, ["id", "name", "email", "phone", "created_at"]);
  const env = loopEnvironment({ datahub, database: place }, "run");
  await using a = await start("a", env);
  const leaderOf = async (service: Service) =>
    (await service.send("GET", "/datahub/status")).json.leader;
  await until(async () => await leaderOf(a) === "a", "a does not lead");
  await using b = await start("b", env);
  await until(async () => await leaderOf(b) === "a", "b does not know who leads");
  const status = await b.send("GET", "/datahub/status");
  assert.equal(status.json.is_leader, false);
  const ready = await b.send("GET", "/readyz");
  assert.deepEqual([ready.status, ready.json.datahub_leader, ready.json.history], [
    200,
    "a",
    "reachable",
  ]);

  const label = (column: string) => datahub.metadata.label({ dataset, label: PII, column });
  const isDone = async (column: string) =>
    (await place.valuesOf("customers", column)).every((value) => value?.startsWith("tok_"));
  label("email");
  await until(() => isDone("email"), "the leader has done nothing");
  assert.ok(!b.log().some(({ event }) => event === "run_started"));

  await a.stop("SIGKILL");
  await until(async () => await leaderOf(b) === "b", "nobody took over");
  label("phone");
  await until(() => isDone("phone"), "the new leader has done nothing");
});

Deno.test("what reaches a replica that does not lead gets to the one that does", async () => {
  await using datahub = startDatahub();
  await using place = await createTestDatabase({ customers: true });
  const dataset = urnOf(`${place.name}.public.customers`);
  datahub.metadata.addDataset(dataset, ["id", "name", "email", "phone", "created_at"]);
  const env = {
    ...loopEnvironment({ datahub, database: place }, "approve"),
    DATAHUB_CONSUMER: "others",
    DATAHUB_SWEEP_INTERVAL: "1h",
  };
  await using a = await start("a", env);
  await a.logged("datahub_sweep_finished");
  await using b = await start("b", env);
  datahub.metadata.label({ dataset, label: PII, column: "email" });
  const event = {
    entityUrn: `urn:li:schemaField:(${dataset},email)`,
    category: "TAG",
    operation: "ADD",
    modifier: PII,
  };
  const sent = await b.send("POST", "/datahub/events", {
    headers: json,
    body: JSON.stringify(event),
  });
  assert.deepEqual([sent.status, sent.json], [202, { accepted: 1 }]);
  const waiting = async () => (await b.send("GET", "/datahub/approvals")).json.waiting;
  await until(async () => (await waiting()).length === 1, "nothing waits for an approval");
  const approved = await b.send("POST", "/datahub/approvals", {
    headers: json,
    body: JSON.stringify({ dataset_urn: dataset, columns: ["email"] }),
  });
  assert.equal(approved.status, 202);
  await until(
    async () =>
      (await place.valuesOf("customers", "email")).every((each) => each?.startsWith("tok_")),
    "what was approved is not done",
  );
});
