/** Lists of a long history read as many rows as they give, by an index, whatever the filter. */
import assert from "node:assert/strict";
import { listRuns } from "../../src/history/sql/find_runs.ts";
import { RUN_STATES } from "../../src/runs/run.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { open } from "./histories.ts";

const database = await useDatabase();
const { sql, url } = database;
const RUNS = 10_000;
const urn = (n: number | string) =>
  `urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.t${n},PROD)`;

Deno.test("no list sorts or scans the history, for any filter, and with a plan for any value", async () => {
  await using history = await open(url);
  await sql.unsafe(`insert into tokenize_history.runs
    (run_id, owner, state, dataset_urn, created_at, finished_at, document)
    select md5(n::text), 'gone', case when n % 20 = 0 then 'failed' else 'succeeded' end,
      replace('${urn("#")}', '#', (n % 10)::text), now() - n * interval '1 min', now(), '{}'
    from generate_series(1, ${RUNS}) n`);
  await sql`analyze tokenize_history.runs`;
  assert.equal((await history.runs.list({ limit: 5 })).runs.length, 5);
  await sql`set plan_cache_mode = force_generic_plan`;
  const values = {
    states: RUN_STATES,
    dataset: [urn(3)],
    after: [new Date().toISOString(), "f"],
  };
  for (const states of [1, 2, RUN_STATES.length]) {
    for (const dataset of [false, true]) {
      for (const after of [false, true]) {
        const text = listRuns({ states, dataset, after });
        const given = ["50", ...values.states.slice(0, states)]
          .concat(dataset ? values.dataset : [], after ? values.after : [])
          .map((value) => `'${value}'`);
        await sql.unsafe(`prepare listing as ${text}`);
        const rows = await sql.unsafe(`explain (costs off) execute listing(${given.join(", ")})`);
        await sql.unsafe("deallocate listing");
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
        assert.doesNotMatch(plan, /Seq Scan|^ +-> +Sort/m, `${text}\n${plan}`);
        const index = dataset ? "runs_by_dataset" : "runs_by_state";
        assert.match(plan, new RegExp(`Index Scan using ${index}`), `${text}\n${plan}`);
      }
    }
  }
});
