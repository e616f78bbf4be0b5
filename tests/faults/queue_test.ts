/**
 * A program with 200 runs in its queue is killed at a random moment. The next program on the same history finds
 * each of them, and what it says of them is what the tables say.
 */
import assert from "node:assert/strict";
import { pool } from "../../src/async.ts";
import { until } from "../../scripts/servers/until.ts";
import { urnOf } from "../support/action_fixture.ts";
import { compiled, type Service, startService } from "../support/program.ts";
import { createTestDatabase, type TestDatabase } from "../support/test_database.ts";
import { dice } from "./dice.ts";
import { report } from "./results.ts";
import { isLong, SEED } from "./trial.ts";

const ROUNDS = isLong ? 20 : 2;
const RUNS = 200;
const ROWS = 40;
/** As many runs as are under way at once on a database. */
const MOST_UNDER_WAY = 8;
const SALT = 977;
const ENDED = ["succeeded", "interrupted"];

/** How a table was found. */
type State = "old" | "partly" | "tokenized";

const tables = Array.from({ length: RUNS }, (_, i) => `t${i}`);

/** A run as the history has it. */
interface KeptRun {
  readonly table: string;
  readonly state: string;
  readonly updated: number | null;
  readonly detail: string | null;
}

Deno.test(`killed with ${RUNS} runs in the queue, each is done or interrupted, as the tables say`, async () => {
  console.log(`FAULT_SEED=${SEED}`);
  const random = dice(SEED ^ SALT);
  const found = { old: 0, partly: 0, tokenized: 0 };
  let struck = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    await using database = await createTestDatabase();
    await using history = await createTestDatabase();
    await fill(database);
    const env = { PG_CONN_STR: database.url, HISTORY_CONN_STR: history.url };
    const first = await startService(compiled, env);
    const wanted = Math.floor(random() * RUNS);
    const asking = triggerAll(first, database).catch(() => {}); // the kill may come before the last
    await until(async () => await succeeded(history) >= wanted, `fewer than ${wanted} are done`);
    await first.stop("SIGKILL");
    await asking;

    await using second = await startService(compiled, env);
    await until(async () => await live(history) === 0, "runs are left that have not ended");
    const states = await statesOf(database);
    const runs = await keptRuns(history);
    for (const run of runs) check(run, states.get(run.table)!);
    const underWay = runs.filter(({ detail }) => detail?.startsWith("Cannot tell")).length;
    assert.ok(underWay <= MOST_UNDER_WAY, `${underWay} runs were under way`);
    if (underWay > 0) struck++;
    for (const state of states.values()) found[state]++;
    const logs = [...first.log(), ...second.log()];
    const started = logs.filter(({ event }) => event === "run_started").map(({ runId }) => runId);
    assert.equal(new Set(started).size, started.length, "no run began twice");

    await completes(second, database, states);
  }
  const rows = ROUNDS * RUNS * ROWS;
  const fault = `kill -9 with ${RUNS} runs in the queue`;
  const counts = { struck, ...found, rows, lost: 0, plaintext: 0 };
  await report({ fault, run: "atomic", times: ROUNDS, ...counts });
});

async function fill({ sql }: TestDatabase): Promise<void> {
  await sql.unsafe(
    tables.map((table) =>
      `create table ${table} as select id, 'canary ' || id as name from generate_series(1, ${ROWS}) id`
    ).join(";"),
  );
}

async function triggerAll(service: Service, { name }: TestDatabase): Promise<void> {
  await pool(10, tables, async (table) => {
    const { status } = await service.send("POST", "/trigger", {
      headers: { "content-type": "application/json", prefer: "respond-async" },
      body: JSON.stringify({ dataset_urn: urnOf(`${name}.public.${table}`), columns: ["name"] }),
    });
    assert.equal(status, 202);
  });
}

/** Running all again completes the work, with the counts that follow from what was found. */
async function completes(
  service: Service,
  database: TestDatabase,
  before: ReadonlyMap<string, State>,
): Promise<void> {
  await pool(MOST_UNDER_WAY, tables, async (table) => {
    const dataset_urn = urnOf(`${database.name}.public.${table}`);
    const { status, json } = await service.trigger({ dataset_urn, columns: ["name"] });
    const updated = before.get(table) === "tokenized" ? 0 : ROWS;
    assert.deepEqual([status, json.updated, json.skipped], [200, updated, ROWS - updated]);
  });
  const after = await statesOf(database);
  assert.ok([...after.values()].every((state) => state === "tokenized"));
}

/** What the history says of a run has to be what its table says. */
function check({ table, state, updated, detail }: KeptRun, found: State): void {
  assert.ok(ENDED.includes(state), `${table}: ${state}`);
  assert.notEqual(found, "partly", table);
  if (state === "succeeded") assert.deepEqual([found, updated], ["tokenized", ROWS], table);
  else if (!detail?.startsWith("Cannot tell")) {
    assert.match(detail ?? "", /nothing was changed$/);
    assert.equal(found, "old", table);
  }
}

/** Each table is read whole: its rows, in one version each, and what their tokens stand for. */
async function statesOf({ sql }: TestDatabase): Promise<Map<string, State>> {
  const value = "convert_from(decode(substr(name, 5, length(name) - 8), 'base64'), 'utf8')";
  const states = new Map<string, State>();
  for (const table of tables) {
    const [row] = await sql.unsafe(`
      select count(*)::int as rows, count(distinct xmin::text)::int as versions,
        count(*) filter (where name like 'tok\\_%\\_poc')::int as tokens,
        count(*) filter (where 'canary ' || id = case when name like 'tok\\_%\\_poc'
          then ${value} else name end)::int as right
      from ${table}`);
    const { rows, versions, tokens, right } = row!;
    assert.deepEqual([rows, right, versions], [ROWS, ROWS, 1], table);
    states.set(table, tokens === 0 ? "old" : tokens === ROWS ? "tokenized" : "partly");
  }
  return states;
}

async function keptRuns({ sql }: TestDatabase): Promise<KeptRun[]> {
  const rows = await sql`select state, document->>'dataset_urn' as urn,
    (document->'report'->>'updated')::int as updated, document->'problem'->>'detail' as detail
    from tokenize_history.runs`;
  return rows.map(({ state, urn, updated, detail }) => ({
    table: /\.(t\d+),/.exec(urn)![1]!,
    state,
    updated,
    detail,
  }));
}

async function succeeded({ sql }: TestDatabase): Promise<number> {
  const [table] = await sql`select to_regclass('tokenize_history.runs') as name`;
  if (table!.name === null) return 0;
  const [row] = await sql`select count(*)::int as n from tokenize_history.runs
    where state = 'succeeded'`;
  return row!.n;
}

async function live({ sql }: TestDatabase): Promise<number> {
  const [row] = await sql`select count(*)::int as n from tokenize_history.runs
    where finished_at is null`;
  return row!.n;
}
