/** What is true of every store of runs. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canBecome, isFinal, type Run, RUN_STATES, type RunState } from "../../src/runs/run.ts";
import { holds } from "../support/properties.ts";
import type { NewRun, RunPage, RunStore, StoredRun } from "../../src/runs/run_store.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
/** The process that executes the runs of the suite. */
export const OWNER = "6d7cbd5f-0000-4000-8000-000000000001";

/** A queued run, `place` milliseconds younger than the first. */
export function newRun(place: number, fields: Partial<Run> = {}): NewRun {
  const run: Run = {
    run_id: crypto.randomUUID(),
    state: "queued",
    dataset_urn: "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)",
    platform: "postgres",
    table: null,
    columns: ["email"],
    operation: "tokenize",
    dry_run: false,
    cause: { kind: "http", actor: null },
    progress: null,
    created_at: new Date(START_MS + place).toISOString(),
    started_at: null,
    finished_at: null,
    report: null,
    problem: null,
    ...fields,
  };
  return { run, owner: OWNER };
}

const PROBLEM = {
  status: 504,
  title: "Late",
  detail: "Cannot finish: late",
  code: "timeout",
} as const;

/** Registers the tests. `withStore` calls `use` with an empty store that keeps all runs of a test. */
export function testRunStore(
  name: string,
  withStore: (use: (store: RunStore) => Promise<void>) => Promise<void>,
): void {
  const test = (title: string, use: (store: RunStore) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, () => withStore(use));
  testOneRun(test);
  testKeys(test);
  testLists(test);
  testReceipts(test);
}

type Test = (title: string, use: (store: RunStore) => Promise<void>) => void;

function testOneRun(test: Test): void {
  test("a run is kept as it was added, with its owner", async (store) => {
    const added = newRun(0);
    const { kind, stored } = await store.add(added);
    assert.deepEqual([kind, stored.run, stored.owner], ["added", added.run, OWNER]);
    assert.deepEqual(await store.get(added.run.run_id), stored);
    assert.equal(await store.get(crypto.randomUUID()), undefined);
    for (const id of ["no id", "", "\0", "a\0b", "/../x"]) {
      assert.equal(await store.get(id), undefined);
      assert.equal(await store.update(id, ["queued"], { state: "running" }), undefined);
      assert.equal(await store.request(id, { cancel: true }), undefined);
      assert.equal(await store.receipt(id), undefined);
    }
  });

  test("a change is kept, raises the revision, and leaves the rest", async (store) => {
    const { run } = newRun(0);
    const { stored } = await store.add({ run, owner: OWNER });
    const started = { state: "running", started_at: new Date(START_MS).toISOString() } as const;
    const running = await store.update(run.run_id, ["queued"], started);
    assert.deepEqual(running?.run, { ...run, ...started });
    assert.ok(running.revision > stored.revision);
    const progress = { updated: 5, total: 10, rows_per_second: 2.5, seconds_left: 2 };
    const further = await store.update(run.run_id, ["running"], {
      progress,
      table: "app.public.t",
    });
    assert.deepEqual(further?.run, { ...run, ...started, progress, table: "app.public.t" });
    const ended = { state: "failed", progress, problem: PROBLEM } as const;
    const failed = await store.update(run.run_id, ["running"], ended);
    assert.deepEqual(failed?.run, { ...run, ...started, ...ended, table: "app.public.t" });
    assert.deepEqual(await store.get(run.run_id), failed);
  });

  test("a state changes only as it may, and from the states named; final ones never do", async (store) => {
    const state = fc.constantFrom(...RUN_STATES);
    const step = fc.tuple(fc.subarray([...RUN_STATES], { minLength: 1 }), state);
    await holds(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { run } = newRun(0);
        await store.add({ run, owner: OWNER });
        let present: RunState = run.state;
        for (const [from, to] of steps) {
          const isAllowed = from.includes(present) && canBecome(present, to);
          const changed = await store.update(run.run_id, from, { state: to });
          assert.equal(changed !== undefined, isAllowed, `${present} to ${to} from ${from}`);
          if (isAllowed) present = to;
          assert.equal((await store.get(run.run_id))?.run.state, present);
          const late = { progress: { updated: 1, total: 1, rows_per_second: 1 } };
          if (isFinal(present)) {
            assert.equal(await store.update(run.run_id, [present], late), undefined);
          }
        }
      }),
      50,
    );
  });

  test("of many changes at once to another state, one is made", async (store) => {
    const { run } = newRun(0);
    await store.add({ run, owner: OWNER });
    const attempts = Array.from(
      { length: 10 },
      (_, i) => store.update(run.run_id, ["queued"], { state: i % 2 ? "running" : "cancelled" }),
    );
    const made = (await Promise.all(attempts)).filter((each) => each !== undefined);
    assert.equal(made.length, 1);
    assert.equal((await store.get(run.run_id))?.run.state, made[0]?.run.state);
  });

  test("requests are kept with the run until it ends, and change its revision", async (store) => {
    const { run } = newRun(0);
    const { stored } = await store.add({ run, owner: OWNER });
    const paused = await store.request(run.run_id, { throttle: { paused: true } });
    const throttle = { rows_per_second: null, connections: null, paused: true };
    assert.deepEqual(paused?.run, { ...run, throttle });
    assert.ok(paused.revision > stored.revision);
    const slowed = await store.request(run.run_id, { throttle: { rows_per_second: 100 } });
    assert.deepEqual(slowed?.run.throttle, { ...throttle, rows_per_second: 100 });
    const asked = await store.request(run.run_id, { cancel: true });
    assert.equal(asked?.run.cancel_requested, true);
    assert.equal(asked.run.state, "queued");
    const ended = await store.update(run.run_id, ["queued"], { state: "cancelled" });
    assert.deepEqual(await store.request(run.run_id, { throttle: { paused: false } }), ended);
    assert.equal(await store.request(crypto.randomUUID(), { cancel: true }), undefined);
  });

  test("listeners learn of each kind of change, until they cease to listen", async (store) => {
    const { run } = newRun(0);
    const heard: (string | undefined)[] = [];
    const stop = store.onChange((runId) => heard.push(runId));
    const hearsOf = async (change: () => Promise<unknown>) => {
      heard.length = 0;
      await change();
      while (!heard.some((id) => id === run.run_id || id === undefined)) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await hearsOf(() => store.add({ run, owner: OWNER }));
    await hearsOf(() => store.request(run.run_id, { throttle: { paused: true } }));
    await hearsOf(() => store.update(run.run_id, ["queued"], { state: "running" }));
    stop();
    heard.length = 0;
    await store.update(run.run_id, ["running"], { state: "failed" });
    assert.deepEqual(heard, []);
  });
}

function testKeys(test: Test): void {
  const keyed = (key: string, bodyHash: string) => ({
    ...newRun(0),
    idempotency: { key, bodyHash },
  });

  test("the same key and request is the same run, another request under it is found out", async (store) => {
    const first = keyed("a", "1");
    assert.equal((await store.add(first)).kind, "added");
    const again = await store.add(keyed("a", "1"));
    assert.deepEqual([again.kind, again.stored.run], ["same_request", first.run]);
    const other = await store.add(keyed("a", "2"));
    assert.deepEqual([other.kind, other.stored.run], ["other_request", first.run]);
    assert.equal((await store.add(keyed("b", "2"))).kind, "added");
    assert.equal((await store.list({ limit: 10 })).runs.length, 2);
  });

  test("of many additions with one key at once, one is made", async (store) => {
    const all = await Promise.all(Array.from({ length: 10 }, () => store.add(keyed("k", "1"))));
    assert.equal(all.filter(({ kind }) => kind === "added").length, 1);
    assert.equal(new Set(all.map(({ stored }) => stored.run.run_id)).size, 1);
  });

  test("a key that was released begins another run", async (store) => {
    const { run } = keyed("a", "1");
    await store.add({ ...keyed("a", "1"), run });
    await store.update(run.run_id, ["queued"], { state: "failed", releasesKey: true });
    const next = await store.add(keyed("a", "2"));
    assert.equal(next.kind, "added");
    assert.notEqual(next.stored.run.run_id, run.run_id);
    assert.equal((await store.get(run.run_id))?.run.state, "failed");
    assert.equal((await store.add(keyed("a", "2"))).kind, "same_request");
  });
}

function testLists(test: Test): void {
  const addAll = async (store: RunStore, all: readonly NewRun[]) => {
    for (const each of all) await store.add(each);
  };
  const ids = ({ runs }: RunPage) => runs.map(({ run_id }) => run_id);

  test("pages hold each run once, newest first, also those of the same moment", async (store) => {
    const places = [3, 1, 1, 2, 1, 0, 4];
    await addAll(store, places.map((place) => newRun(place)));
    const whole = await store.list({ limit: 200 });
    assert.equal(whole.next_cursor, null);
    const times = whole.runs.map(({ created_at }) => created_at);
    assert.deepEqual(times, times.toSorted().toReversed());
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ limit: 2, cursor });
      paged.push(...ids(page));
      if (cursor === undefined) await store.add(newRun(9)); // newer ones do not move the pages
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(paged, ids(whole));
  });

  test("lists are filtered by states and by dataset", async (store) => {
    const other = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.orders,PROD)";
    const [a, b, c] = [newRun(0), newRun(1, { dataset_urn: other }), newRun(2)] as const;
    await addAll(store, [a, b, c]);
    await store.update(c.run.run_id, ["queued"], { state: "running" });
    const list = async (states: RunState[] | undefined, datasetUrn?: string) =>
      ids(await store.list({ limit: 10, states, datasetUrn }));
    assert.deepEqual(await list(["queued"]), [b.run.run_id, a.run.run_id]);
    assert.deepEqual(await list(["running", "failed"]), [c.run.run_id]);
    assert.deepEqual(await list(undefined, other), [b.run.run_id]);
    assert.deepEqual(await list(["running"], other), []);
    const { next_cursor } = await store.list({ limit: 1, states: ["queued"] });
    const rest = await store.list({ limit: 5, states: ["queued"], cursor: next_cursor ?? "" });
    assert.deepEqual([ids(rest), rest.next_cursor], [[a.run.run_id], null]);
  });

  test("a cursor of another's making is refused", async (store) => {
    for (const cursor of ["", "x", "%", btoa("{}"), btoa("[1,2]"), btoa('["no time","a"]')]) {
      const refused = { code: "invalid_request", message: /"cursor" is not one/ };
      await assert.rejects(store.list({ limit: 1, cursor }), refused, cursor);
    }
  });
}

function testReceipts(test: Test): void {
  const receiptOf = ({ run }: Pick<StoredRun, "run">, sequence: number) => ({
    runId: run.run_id,
    sequence,
    hash: `hash ${sequence}`,
    document: JSON.stringify({ sequence }),
  });

  test("receipts are a chain: each number is given once, and each run has one", async (store) => {
    const [a, b] = [await store.add(newRun(0)), await store.add(newRun(1))];
    assert.equal(await store.lastReceipt(), undefined);
    const first = receiptOf(a.stored, 1);
    assert.equal(await store.addReceipt(first), true);
    assert.equal(await store.addReceipt(receiptOf(b.stored, 1)), false);
    assert.equal(await store.addReceipt(receiptOf(a.stored, 2)), false);
    assert.equal(await store.addReceipt(receiptOf(b.stored, 3)), false);
    assert.deepEqual(await store.lastReceipt(), first);
    const second = receiptOf(b.stored, 2);
    assert.equal(await store.addReceipt(second), true);
    assert.deepEqual(await store.lastReceipt(), second);
    assert.deepEqual(await store.receipt(a.stored.run.run_id), first);
    assert.equal(await store.receipt(crypto.randomUUID()), undefined);
  });
}
