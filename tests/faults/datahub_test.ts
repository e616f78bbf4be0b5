/**
 * The program that follows DataHub is killed at random moments: what is tagged ends tokenized, once, and each
 * run is reported, once.
 */
import assert from "node:assert/strict";
import { type DatahubServer, startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { loadState } from "../../src/datahub/gms/consumer_state.ts";
import { openGms } from "../../src/datahub/gms/gms.ts";
import { urnOf } from "../support/action_fixture.ts";
import { compiled, type Running, spawnProgram } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { dice } from "./dice.ts";
import { isLong, SEED } from "./trial.ts";

const KILLS = isLong ? 100 : 6;
const TABLES = 4;
const ROWS = 5000;
/** From the start of the program to the end of a run that an event asked for, and some more. */
const LIFE_MS = 5000;
/** About as long as a dry run, a run and its scrub take. */
const RUN_MS = 500;
const PII = "urn:li:tag:PII";
const DONE = "urn:li:tag:Tokenized";

/** A column for each kill, so that there is always something to do. */
const columns = Array.from(
  { length: KILLS },
  (_, i) => ({ table: `t${i % TABLES}`, name: `c${i}` }),
);

Deno.test(`killed ${KILLS} times, every tagged column ends tokenized, and each run is reported`, async () => {
  await using datahub = startDatahub();
  const database = await createTestDatabase();
  const { sql } = database;
  const urn = (table: string) => urnOf(`${database.name}.public.${table}`);
  for (let t = 0; t < TABLES; t++) {
    const names = columns.filter(({ table }) => table === `t${t}`).map(({ name }) => name);
    const all = [...names, "untagged"];
    await sql.unsafe(`create table t${t} (id int primary key, ${all.map((c) => `${c} text`)})`);
    const values = all.map((c) => `'canary ${c} ' || id`);
    await sql.unsafe(`insert into t${t} select id, ${values} from generate_series(1, ${ROWS}) id`);
    datahub.metadata.addDataset(urn(`t${t}`), ["id", ...all]);
  }
  const start = () =>
    spawnProgram(compiled, ["serve"], {
      PORT: String(freePort()),
      LOG_FORMAT: "json",
      PG_CONN_STR: database.url,
      ALLOWED_DATASETS: urnOf(`${database.name}.public.*`),
      DATAHUB_GMS_URL: datahub.url,
      DATAHUB_GMS_TOKEN: datahub.token,
      DATAHUB_TAGS: PII,
      DATAHUB_MODE: "run",
      DATAHUB_POLL_TIMEOUT: "1s",
      DATAHUB_POLL_PAUSE: "0s",
    });
  const random = dice(SEED);
  console.log(`FAULT_SEED=${SEED}`);
  let struckRuns = 0;
  for (const { table, name } of columns) {
    const program = start();
    datahub.metadata.label({ dataset: urn(table), column: name, label: PII });
    const isAimed = random() < 0.7;
    if (isAimed) await program.logged("run_started");
    await new Promise((resolve) => setTimeout(resolve, random() * (isAimed ? RUN_MS : LIFE_MS)));
    struckRuns += isWithinRun(program) ? 1 : 0;
    await program.stop("SIGKILL");
  }

  await using last = start();
  const isDone = async ({ table, name }: (typeof columns)[number]) =>
    (await database.valuesOf(table, name)).every((value) => value?.startsWith("tok_"));
  for (const column of columns) await until(() => isDone(column), `${column.name} is plain`);
  for (const { table, name } of columns) {
    const decoded = (await database.valuesOf(table, name)).map((token) =>
      atob(/^tok_(.*)_poc$/.exec(token ?? "")![1]!)
    );
    assert.deepEqual(decoded, Array.from({ length: ROWS }, (_, i) => `canary ${name} ${i + 1}`));
  }
  for (let t = 0; t < TABLES; t++) {
    const untagged = await database.valuesOf(`t${t}`, "untagged");
    assert.deepEqual(untagged[0], "canary untagged 1");
  }
  const key = { consumer: "tokenize-action", resource: "tokenize-runs", schema: "TokenizeRuns" };
  const gms = openGms({ url: datahub.url, token: datahub.token });
  await until(async () => {
    const journal = await loadState(gms, key) as { entries?: object } | undefined;
    return Object.keys(journal?.entries ?? {}).length === 0;
  }, "a run is not reported");
  for (let t = 0; t < TABLES; t++) {
    const names = columns.filter(({ table }) => table === `t${t}`).map(({ name }) => name);
    assertReportedOnce(datahub, urn(`t${t}`), names);
  }
  for (const { body } of datahub.requests) assert.doesNotMatch(body, /canary|tok_/);
  console.log(`${KILLS} kills, ${struckRuns} of them within a run`);
  await last.stop("SIGTERM");
  await database.drop();
});

/**
 * Each run that replaced values is one operation, however often it was sent: all runs add at least one column,
 * so that every row is updated. Each column has the tag, and no other one has.
 */
function assertReportedOnce({ metadata }: DatahubServer, dataset: string, names: string[]): void {
  const operations = metadata.valuesOf(dataset, "operation");
  const ids = operations.map(({ partition }) => partition);
  assert.equal(new Set(ids).size, ids.length, "a run is reported twice");
  assert.ok(1 <= ids.length && ids.length <= names.length, `${ids.length} operations`);
  for (const { numAffectedRows } of operations) assert.equal(numAffectedRows, ROWS);
  const hasTag = (column: string) => metadata.hasLabel({ dataset, column, label: DONE });
  assert.deepEqual(names.filter((name) => !hasTag(name)), []);
  assert.equal(hasTag("untagged"), false);
}

/** Whether a run has begun and not ended, by the log. */
function isWithinRun(program: Running): boolean {
  const log = program.log();
  const count = (event: string) => log.filter((line) => line.event === event).length;
  return count("run_started") > count("run_finished") + count("run_failed");
}
