/** `/metrics` of the real program: what was done before anybody asked is counted. */
import assert from "node:assert/strict";
import { until } from "../../scripts/servers/until.ts";
import { PHASES } from "../../src/phases.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { compiled, startService } from "../support/program.ts";
import { scrape } from "../support/scrape.ts";

const database = await useDatabase({ customers: true });
const dataset_urn = urnOf(`${database.name}.public.customers`);

Deno.test("runs, rows, phases and refusals are counted before the first scrape", async () => {
  const token = { TRIGGER_TOKEN: `canary-${crypto.randomUUID()}` };
  const pushdown = { PUSHDOWN: "false" }; // the SDK is asked
  await using service = await startService(compiled, {
    PG_CONN_STR: database.url,
    ...token,
    ...pushdown,
  });
  const body = { dataset_urn, columns: ["email", "phone"] };
  for (const dry_run of [true, false, false]) {
    assert.equal((await service.trigger({ ...body, dry_run })).status, 200);
  }
  const missing = urnOf(`${database.name}.public.missing`);
  assert.equal((await service.trigger({ ...body, dataset_urn: missing })).status, 404);
  const elsewhere = "urn:li:dataset:(urn:li:dataPlatform:oracle,a.b.c,PROD)";
  assert.equal((await service.trigger({ ...body, dataset_urn: elsewhere })).status, 422);
  const stranger = await service.send("POST", "/trigger", { body: "{}" });
  assert.equal(stranger.status, 401);

  const { series, contentType } = await scrape(service.url);
  assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  const expected: Readonly<Record<string, number>> = {
    'tokenize_runs_started_total{platform="postgres"}': 4,
    'tokenize_runs_total{platform="postgres",outcome="succeeded"}': 2,
    'tokenize_runs_total{platform="postgres",outcome="dry_run"}': 1,
    'tokenize_runs_total{platform="postgres",outcome="table_not_found"}': 1,
    'tokenize_runs_total{platform="other",outcome="unsupported_platform"}': 1,
    'tokenize_run_duration_seconds_count{platform="postgres"}': 4,
    'tokenize_rows_updated_total{platform="postgres"}': 100,
    'tokenize_rows_written_total{platform="postgres"}': 100,
    'tokenize_runs_in_progress{platform="postgres"}': 0,
    'tokenize_runs_queued{platform="postgres"}': 0,
    'tokenize_run_queue_wait_seconds_count{platform="postgres"}': 4,
    'tokenize_requests_refused_total{outcome="unauthorized"}': 1,
    "tokenize_token_sdk_call_duration_seconds_count": 2,
    tokenize_token_sdk_errors_total: 0,
    tokenize_runs_with_residue_total: 1,
    tokenize_sandbox_refusals_total: 0,
    'tokenize_database_connections_in_use{platform="postgres"}': 0,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(series.get(name), value, name);
  for (const phase of PHASES) {
    const name = `tokenize_phase_seconds_total{platform="postgres",phase="${phase}"}`;
    assert.ok(series.get(name)! > 0, name);
  }
  assert.ok(series.get('tokenize_database_connections_idle{platform="postgres"}')! >= 1);
  assert.ok(series.get("process_resident_memory_bytes")! > 10e6);
  assert.ok(series.get("process_cpu_seconds_total")! > 0);
  assert.ok(!series.has("tokenize_datahub_connected"));
});

Deno.test("a run that is under way shows, with the connection that it uses and the rows so far", async () => {
  await database.sql`create table held (email text)`;
  await database.sql`insert into held values ('canary@example.com')`;
  const lock = database.connect();
  await using service = await startService(compiled, { PG_CONN_STR: database.url });
  await lock`begin`;
  await lock`lock table held in exclusive mode`;
  const run = service.trigger({
    dataset_urn: urnOf(`${database.name}.public.held`),
    columns: ["email"],
  });
  const inProgress = 'tokenize_runs_in_progress{platform="postgres"}';
  await until(async () => (await scrape(service.url)).series.get(inProgress) === 1);
  const inUse = 'tokenize_database_connections_in_use{platform="postgres"}';
  await until(async () => (await scrape(service.url)).series.get(inUse) === 1);
  await lock`commit`;
  assert.equal((await run).status, 200);
  const { series } = await scrape(service.url);
  assert.deepEqual([series.get(inProgress), series.get(inUse)], [0, 0]);
  await lock.end();
});

Deno.test("two scrapes of an idle program differ by processor time and memory only", async () => {
  await using service = await startService(compiled, { PG_CONN_STR: database.url });
  const [first, second] = [await scrape(service.url), await scrape(service.url)];
  const changing = /^process_(cpu_seconds_total|resident_memory_bytes)$/;
  const fixed = ({ series }: typeof first) => [...series].filter(([name]) => !changing.test(name));
  assert.deepEqual(fixed(first), fixed(second));
  const refused = await service.send("POST", "/metrics");
  assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET, HEAD"]);
});

Deno.test("runs that wait for a place show, and how long they waited is counted", async () => {
  const tables = Array.from({ length: 9 }, (_, i) => `queued_${i}`);
  for (const table of tables) {
    await database.sql.unsafe(`create table ${table} (email text)`);
    await database.sql.unsafe(`insert into ${table} values ('canary@example.com')`);
  }
  const lock = database.connect();
  await using service = await startService(compiled, {
    PG_CONN_STR: database.url,
    PG_LOCK_TIMEOUT_MS: "60000",
  });
  await lock`begin`;
  for (const table of tables) await lock.unsafe(`lock table ${table} in exclusive mode`);
  const runs = tables.map((table) =>
    service.trigger({ dataset_urn: urnOf(`${database.name}.public.${table}`), columns: ["email"] })
  );
  const queued = 'tokenize_runs_queued{platform="postgres"}';
  await until(async () => (await scrape(service.url)).series.get(queued) === 1);
  await lock`commit`;
  await lock.end();
  for (const run of runs) assert.equal((await run).status, 200);
  const { series } = await scrape(service.url);
  assert.equal(series.get(queued), 0);
  const wait = "tokenize_run_queue_wait_seconds";
  assert.equal(series.get(`${wait}_count{platform="postgres"}`), 9);
  assert.ok(series.get(`${wait}_sum{platform="postgres"}`)! > 0);
});
