/** Triggers that become runs, on a real Postgres. */
import assert from "node:assert/strict";
import type { Observation } from "../../src/observations.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { until } from "../../scripts/servers/until.ts";
import { codeOf, openApi, urn } from "./action_api.ts";

const database = await useDatabase({ customers: true });
const { valuesOf, connect } = database;
const customers = urn(`${database.name}.public.customers`);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

Deno.test("the response to a trigger is its report, in exactly the documented shape", async () => {
  await database.sql`create table people (name text, nick text)`;
  await database.sql`insert into people values ('canary', 'canary'), (null, ''), (null, null)`;
  await using api = openApi({ PG_CONN_STR: database.url });
  const dataset_urn = urn(`${database.name}.public.people`);
  const columns = ["name", "[version=2.0].[type=string].nick"];

  const dryRun = await api.trigger({ dataset_urn, columns, dry_run: true });
  const first = await api.trigger({ dataset_urn, columns, commit: "atomic", strategy: "update" });
  const second = await api.trigger({ dataset_urn, columns });

  const report = {
    dataset_urn,
    platform: "postgres",
    table: `${database.name}.public.people`,
    columns: ["name", "nick"],
  };
  const residue = [
    { place: "pg_stats", state: "cleared" },
    { place: "expression_statistics", state: "none" },
    { place: "extended_statistics", state: "none" },
    {
      place: "dead_rows",
      state: "remains",
      command: "VACUUM (INDEX_CLEANUP ON) public.people",
      detail: "VACUUM removes them",
    },
    { place: "indexes", state: "none" },
    { place: "materialized_views", state: "none" },
    { place: "foreign_keys", state: "none" },
    { place: "triggers", state: "none" },
    { place: "replication", state: "none" },
    { place: "wal_and_backups", state: "not_checked" },
  ];
  const ids = new Set<string>();
  const check = (response: typeof first, expected: Record<string, unknown>) => {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    const { run_id, elapsed_ms, ...rest } = response.json;
    assert.match(run_id, UUID);
    assert.ok(Number.isInteger(elapsed_ms) && elapsed_ms >= 0);
    assert.deepEqual(rest, { ...report, foreign: 0, ...expected });
    ids.add(run_id);
  };
  check(dryRun, { dry_run: true, updated: 2, skipped: 1 });
  check(first, { dry_run: false, updated: 2, skipped: 1, method: "pushdown", residue });
  check(second, { dry_run: false, updated: 0, skipped: 3, method: "pushdown" });
  assert.equal(ids.size, 3);
  assert.doesNotMatch(JSON.stringify(api.observations), /canary/);
});

Deno.test("the outcome of a run is one event, with its counts or its code", async () => {
  await using api = openApi({ PG_CONN_STR: database.url });
  const { json } = await api.trigger({ dataset_urn: customers, columns: ["phone"] });
  const failed = await api.trigger({ dataset_urn: customers, columns: ["nothing"] });
  const outcomes = api.observations.filter(({ event }) => /finished|failed|refused/.test(event));
  assert.deepEqual(outcomes.map(({ event }) => event), ["run_finished", "run_failed"]);
  const [finished, refused] = outcomes as [Observation, Observation];
  assert.deepEqual(finished, {
    event: "run_finished",
    runId: json.run_id,
    datasetUrn: customers,
    table: json.table,
    columns: ["phone"],
    dryRun: false,
    method: "pushdown",
    updated: 100,
    skipped: 0,
    foreign: 0,
    lookalikes: undefined,
    elapsedMs: json.elapsed_ms,
  });
  assert.ok(refused.event === "run_failed");
  assert.deepEqual(
    [refused.runId, refused.datasetUrn, refused.code, refused.reason],
    [failed.json.run_id, customers, "column_not_found", failed.json.detail],
  );
});

/** Triggers that fail in their run, so the problem names the run. */
const FAILURES: readonly (readonly [string, string, number, string, string[]])[] = [
  ["a text that is no URN", "canary", 400, "invalid_urn", ["a"]],
  ["a URN of something else", "urn:li:corpuser:canary", 400, "invalid_urn", ["a"]],
  [
    "a URN with too few parts",
    "urn:li:dataset:(urn:li:dataPlatform:postgres,x)",
    400,
    "invalid_urn",
    ["a"],
  ],
  ["an unknown environment", urn("a.b.c").replace("PROD", "CANARY"), 400, "invalid_urn", ["a"]],
  ["a column named twice", customers, 400, "invalid_request", ["email", "email"]],
  ["a column named twice by its case", customers, 400, "invalid_request", ["email", "EMAIL"]],
  [
    "a column named twice, once by its path",
    customers,
    400,
    "invalid_request",
    ["email", "[version=2.0].[type=string].email"],
  ],
  [
    "a column of another dataset",
    customers,
    400,
    "invalid_request",
    [`urn:li:schemaField:(${urn("a.b.c")},email)`],
  ],
  ["a malformed schemaField URN", customers, 400, "invalid_urn", ["urn:li:schemaField:(x"]],
  ["a platform that nobody knows", urn("a.b.c", "snowflake"), 422, "unsupported_platform", ["a"]],
  ["a platform that is off", urn("a.b.c", "databricks"), 503, "platform_not_configured", ["a"]],
  ["another database", urn("other.public.customers"), 422, "wrong_database", ["email"]],
  ["a table that is not there", `${urn(`${database.name}.public.no`)}`, 404, "table_not_found", [
    "a",
  ]],
  ["a column that is not there", customers, 422, "column_not_found", ["no"]],
  ["a column of numbers", customers, 422, "column_not_tokenizable", ["id"]],
];

for (const [what, dataset_urn, status, code, columns] of FAILURES) {
  Deno.test(`a trigger with ${what} fails with ${status} ${code} and the id of the run`, async () => {
    await using api = openApi({ PG_CONN_STR: database.url });
    const response = await api.trigger({ dataset_urn, columns });
    assert.deepEqual([response.status, codeOf(response)], [status, code], response.json.detail);
    assert.match(response.json.run_id, UUID);
    const last = api.observations.at(-1);
    assert.equal(last?.event === "run_failed" && last.runId, response.json.run_id);
  });
}

Deno.test("only datasets on the list may be tokenized, and others are not looked up", async () => {
  const allowed = urn(`${database.name}.public.c*`);
  await using api = openApi({
    PG_CONN_STR: "postgres://nobody:canary@127.0.0.1:1/none", // would fail otherwise
    ALLOWED_DATASETS: `${allowed},${urn("x.y.z", "databricks")}`,
  });
  const other = await api.trigger({
    dataset_urn: urn(`${database.name}.public.x`),
    columns: ["a"],
  });
  assert.deepEqual([other.status, codeOf(other)], [403, "dataset_not_allowed"]);
  const listed = await api.trigger({ dataset_urn: customers, columns: ["a"] });
  assert.deepEqual([listed.status, codeOf(listed)], [502, "database_unreachable"]);
});

Deno.test("commit and strategy are accepted, and a contradiction between them is refused", async () => {
  await database.sql`create table ways as select 'canary' || n as v from generate_series(1, 9) n`;
  await using api = openApi({ PG_CONN_STR: database.url, PUSHDOWN: "false" });
  const body = { dataset_urn: urn(`${database.name}.public.ways`), columns: ["v"] };
  const both = await api.trigger({ ...body, commit: "batches", strategy: "rewrite" });
  assert.deepEqual([both.status, codeOf(both)], [400, "invalid_request"]);
  const batches = await api.trigger({ ...body, commit: "batches" });
  assert.deepEqual([batches.status, batches.json.updated], [200, 9], batches.json.detail);
  const rewrite = await api.trigger({ ...body, strategy: "rewrite" });
  assert.deepEqual([rewrite.status, rewrite.json.skipped], [200, 9], rewrite.json.detail);
});

Deno.test("a 409 response (run_in_progress, lock_timeout) says when to try again", async () => {
  await using api = openApi({ PG_CONN_STR: database.url, PG_LOCK_TIMEOUT_MS: "300" });
  await using other = connect();
  await other.begin(async (locker) => {
    await locker`select from customers where id = 50 for update`;
    const [waits, comesSecond] = await Promise.all([
      api.trigger({ dataset_urn: customers, columns: ["email"] }),
      secondRun(),
    ]);
    assert.deepEqual([waits.status, codeOf(waits)], [409, "lock_timeout"]);
    assert.deepEqual([comesSecond.status, codeOf(comesSecond)], [409, "run_in_progress"]);
    for (const response of [waits, comesSecond]) {
      assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    }
  });
  const emails = await valuesOf("customers", "email");
  assert.equal(emails.filter((email) => email?.startsWith("tok_")).length, 0);

  /** A trigger that is sent once the first one holds its lock. */
  async function secondRun() {
    const locks = () =>
      database.sql`select from pg_locks where locktype = 'advisory' and database =
      (select oid from pg_database where datname = current_database())`;
    await until(async () => (await locks()).length > 0);
    return await api.trigger({ dataset_urn: customers, columns: ["name"] });
  }
});

Deno.test("during shutdown a trigger is refused and starts no run", async () => {
  await using api = openApi({ PG_CONN_STR: database.url });
  await api.registry.drain(0);
  const response = await api.trigger({ dataset_urn: customers, columns: ["email"] });
  assert.deepEqual([response.status, codeOf(response)], [503, "shutting_down"]);
  assert.equal(response.json.run_id, undefined);
  assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  assert.deepEqual(api.observations.map(({ event }) => event), ["request_refused"]);
});

Deno.test("scrub clears what the role may clear, even if nothing is left to update", async () => {
  await database
    .sql`create table cleaned as select 'canary ' || n as name from generate_series(1, 50) n`;
  await using api = openApi({ PG_CONN_STR: database.url });
  const body = { dataset_urn: urn(`${database.name}.public.cleaned`), columns: ["name"] };
  for (const updated of [50, 0]) {
    const { status, json } = await api.trigger({ ...body, scrub: true });
    assert.deepEqual([status, json.updated], [200, updated]);
    const cleared = json.residue.filter(({ state }: { state: string }) => state === "cleared");
    const places = cleared.map(({ place }: { place: string }) => place);
    // before version 15 the server does not say in time whether they are gone
    const expected = database.serverVersion < 15 ? ["pg_stats"] : ["pg_stats", "dead_rows"];
    assert.deepEqual(places, expected);
  }
  const dry = await api.trigger({ ...body, scrub: true, dry_run: true });
  assert.deepEqual([dry.status, codeOf(dry)], [400, "invalid_request"]);
});
