/** Several processes on one history: what each learns of the others, and what is left of one that is gone. */
import assert from "node:assert/strict";
import { until } from "../../scripts/servers/until.ts";
import type { Candidate } from "../../src/history/leadership.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { startCuttingProxy } from "../support/cutting_proxy.ts";
import { testUnless } from "../support/skipping.ts";
import { noPgBouncer, withPgBouncer } from "../platforms/postgres/poolers.ts";
import { newRun } from "../runs/store_conformance.ts";
import { open, type OpenedHistory } from "./histories.ts";

const database = await useDatabase();
const { sql, url } = database;

async function added(history: OpenedHistory) {
  const { run } = newRun(0);
  const { stored } = await history.runs.add({ run, owner: history.owner });
  return stored.run.run_id;
}

const PROGRESS = { updated: 5, total: 10, rows_per_second: 1 };

for (
  const [title, reason, through] of [
    ["", undefined, (use: (url: string) => Promise<void>) => use(url)],
    [
      " behind PgBouncer in transaction mode",
      noPgBouncer,
      (use: (url: string) => Promise<void>) => withPgBouncer(url, "transaction", use),
    ],
  ] as const
) {
  testUnless(reason, `each process learns of what others do${title}`, () =>
    through(async (url) => {
      await using a = await open(url);
      await using b = await open(url);
      const heard: (string | undefined)[] = [];
      b.runs.onChange((runId) => heard.push(runId));
      const hears = (runId: string) => until(() => heard.includes(runId), "nothing was heard");
      const runId = await added(a);
      await hears(runId);
      assert.equal((await b.runs.get(runId))?.run.state, "queued");

      heard.length = 0;
      await a.runs.update(runId, ["queued"], { state: "running" });
      await hears(runId);
      heard.length = 0;
      await a.runs.update(runId, ["running"], { progress: PROGRESS });
      await hears(runId);
      assert.deepEqual((await b.runs.get(runId))?.run.progress, PROGRESS);

      await b.runs.request(runId, { cancel: true, throttle: { paused: true } });
      const isAsked = async () => (await a.runs.get(runId))?.run.cancel_requested === true;
      await until(isAsked, "the owner has not heard of the request");
      assert.equal((await a.runs.get(runId))?.run.throttle?.paused, true);
      await a.runs.update(runId, ["running"], { state: "cancelled" });
      assert.equal((await b.runs.get(runId))?.run.cancel_requested, true);
    }));

  testUnless(
    reason,
    `one leads, and another takes over when it is gone${title}`,
    () =>
      through(async (url) => {
        await using a = await open(url, { replicaName: "a" });
        const told: string[] = [];
        const candidate = (name: string): Candidate => ({
          name: "datahub",
          onLed: () => void told.push(`${name} leads`),
          onLost: () => void told.push(`${name} leads no more`),
          onEvents: (events) => void told.push(`${name} takes ${JSON.stringify(events)}`),
          status: () => JSON.stringify({ of: name }),
        });
        a.leadership.stand(candidate("a"));
        await until(() => told.includes("a leads"), "nobody leads");
        await using b = await open(url, { replicaName: "b" });
        b.leadership.stand(candidate("b"));
        await until(() => b.leadership.leader?.status !== undefined, "the status is not published");
        assert.deepEqual(b.leadership.leader, { replica: "a", isSelf: false, status: { of: "a" } });
        await b.leadership.handOver("datahub", [{ n: 1 }, { n: 2 }]);
        const taken = 'a takes [{"n":1},{"n":2}]';
        await until(() => told.includes(taken), "events were not taken");

        await a.runs.close();
        await until(() => told.includes("b leads"), "nobody took over");
        assert.deepEqual(told, ["a leads", taken, "b leads"]);
      }),
  );

  testUnless(
    reason,
    `the runs of a process that is gone are interrupted${title}`,
    () =>
      through(async (url) => {
        const gone = await open(url);
        const [running, done] = [await added(gone), await added(gone)];
        const idempotency = { key: crypto.randomUUID(), bodyHash: "1" };
        const queued = newRun(0);
        await gone.runs.add({ ...queued, owner: gone.owner, idempotency });
        const waiting = queued.run.run_id;
        await gone.runs.update(running, ["queued"], { state: "running" });
        await gone.runs.update(running, ["running"], { progress: PROGRESS });
        await gone.runs.update(done, ["queued"], { state: "cancelled" });
        await gone.runs.close(); // as if it had been killed: its runs have not ended
        await using other = await open(url);
        await using own = { runId: await added(other), [Symbol.asyncDispose]: async () => {} };
        const stateOf = async (runId: string) => (await other.runs.get(runId))?.run.state;
        await until(async () => await stateOf(running) === "interrupted", "it is not found");
        assert.equal(await stateOf(waiting), "interrupted");
        assert.equal(await stateOf(done), "cancelled");
        assert.equal(await stateOf(own.runId), "queued");
        const { run } = (await other.runs.get(running))!;
        assert.deepEqual(run.progress, PROGRESS);
        assert.equal(run.problem?.code, "run_interrupted");
        assert.match(run.problem.detail, /Cannot tell whether the run was committed/);
        assert.equal(run.problem.run_id, running);
        assert.match(run.finished_at ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        const detail = (await other.runs.get(waiting))?.run.problem?.detail ?? "";
        assert.match(detail, /nothing was changed/);
        const again = await other.runs.add({ ...newRun(0), owner: other.owner, idempotency });
        assert.equal(again.kind, "added", "its key begins another run");
      }),
  );
}

Deno.test("a run goes on while the history is away, and what became of it is stored afterwards", async () => {
  const server = new URL(url);
  let isAway = false;
  const target = { hostname: server.hostname, port: Number(server.port) };
  using proxy = startCuttingProxy(target, () => isAway);
  server.port = String(proxy.port);
  await using keeper = await open(server.href);
  await using other = await open(url);
  const [runId, second] = [await added(keeper), await added(keeper)];
  await keeper.runs.update(runId, ["queued"], { state: "running" });
  await keeper.runs.update(second, ["queued"], { state: "running" });
  isAway = true;
  const ended = await keeper.runs.update(runId, ["running"], { state: "succeeded" });
  assert.equal(ended?.run.state, "succeeded");
  await keeper.runs.update(second, ["running"], { progress: PROGRESS });
  assert.deepEqual((await keeper.runs.get(second))?.run.progress, PROGRESS);
  assert.equal((await keeper.runs.request(second, { cancel: true }))?.run.cancel_requested, true);
  await assert.rejects(added(keeper), {
    code: "database_unreachable",
    message: /Cannot begin a run/,
  });
  await until(() => keeper.problem !== undefined, "nobody says that the history is away");
  const away = keeper.observations.findLast(({ event }) => event === "history_unavailable");
  assert.ok(away);

  isAway = false;
  const stateOf = async (id: string) => (await other.runs.get(id))?.run.state;
  await until(() => other.problem === undefined && keeper.problem === undefined, "still away");
  await until(async () => await stateOf(runId) === "succeeded", "the end was not stored");
  await until(
    async () => (await other.runs.get(second))?.run.cancel_requested === true,
    "the request was not stored",
  );
  assert.deepEqual((await other.runs.get(second))?.run.progress, PROGRESS);
  await keeper.runs.update(second, ["running"], { state: "cancelled" });
});

Deno.test("what was concluded about a process that was only cut off is corrected by it", async () => {
  await using keeper = await open(url);
  const runId = await added(keeper);
  await keeper.runs.update(runId, ["queued"], { state: "running" });
  await sql`update tokenize_history.runs set state = 'interrupted', finished_at = now()
    where run_id = ${runId}`;
  await keeper.runs.update(runId, ["running"], { state: "succeeded" });
  await using other = await open(url);
  assert.equal((await other.runs.get(runId))?.run.state, "succeeded");
});

Deno.test("a run that waits and that another process cancels does not begin", async () => {
  await using a = await open(url);
  await using b = await open(url);
  const runId = await added(a);
  const cancelled = await b.runs.update(runId, ["queued"], { state: "cancelled" });
  assert.equal(cancelled?.run.state, "cancelled");
  assert.equal(await a.runs.update(runId, ["queued"], { state: "running" }), undefined);
  assert.equal((await a.runs.get(runId))?.run.state, "cancelled");
});

Deno.test("old runs and receipts are deleted, those that have not ended are kept", async () => {
  await sql`truncate tokenize_history.runs, tokenize_history.receipts`;
  await sql`insert into tokenize_history.runs
    (run_id, owner, state, dataset_urn, created_at, finished_at, document)
    select n::text, 'o', 'succeeded', 'u', now() - interval '3 h', now() - n * interval '1 h', '{}'
    from generate_series(1, 1200) n`;
  await sql`insert into tokenize_history.runs (run_id, owner, state, dataset_urn, created_at, document)
    values ('live', 'o', 'running', 'u', now() - interval '9 d', '{}')`;
  await sql`insert into tokenize_history.receipts (sequence, run_id, hash, document, created_at)
    select n, n::text, 'h', 'd', now() - (700 - n) * interval '1 h' from generate_series(1, 600) n`;
  await using history = await open(url, { retentionMs: 2.5 * 3_600_000 });
  await until(
    () => history.observations.some(({ event }) => event === "history_pruned"),
    "nothing was deleted",
  );
  const left = await sql`select run_id from tokenize_history.runs order by run_id`;
  assert.deepEqual(left.map(({ run_id }) => run_id), ["1", "2", "live"]);
  const receipts = await sql`select sequence::int as n from tokenize_history.receipts`;
  assert.deepEqual(receipts.map(({ n }) => n), [600], "the end of the chain is kept");
});
