/** The queue of a database: its bound, turns of the callers, and that each run gets its place once. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RunQueue, type Waiting } from "../../src/runs/run_queue.ts";
import { holds } from "../support/properties.ts";

/** A run of a test, which has its place until it is ended. */
interface HeldRun {
  readonly caller: string;
  readonly datasetUrn: string;
  readonly cancel: AbortController;
  readonly end: () => void;
  state: "waiting" | "running" | "done" | "cancelled";
  readonly settled: Promise<void>;
}

/** Runs on one queue, in the order in which they started. */
class Bench {
  readonly queue: RunQueue;
  readonly runs: HeldRun[] = [];
  readonly started: HeldRun[] = [];

  constructor(maxRuns: number, maxWaiting = 1000) {
    this.queue = new RunQueue({ maxRuns, maxWaiting });
  }

  add(caller: string, datasetUrn: string = crypto.randomUUID()): HeldRun {
    const cancel = new AbortController();
    const held = Promise.withResolvers<void>();
    const waiting: Waiting = { caller, datasetUrn, signals: [cancel.signal] };
    const work = () => {
      run.state = "running";
      this.started.push(run);
      return held.promise;
    };
    const run: HeldRun = {
      caller,
      datasetUrn,
      cancel,
      end: held.resolve,
      state: "waiting",
      settled: Promise.resolve().then(() => this.queue.run(waiting, work)).then(
        () => void (run.state = "done"),
        () => void (run.state = "cancelled"),
      ),
    };
    this.runs.push(run);
    return run;
  }

  in(state: HeldRun["state"]): HeldRun[] {
    return this.runs.filter((run) => run.state === state);
  }
}

/** Lets everything happen that is due. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("runs beyond the places wait, and those beyond the bound are refused", async () => {
  const bench = new Bench(2, 1);
  const [one, two, three] = [bench.add("a"), bench.add("a"), bench.add("a")];
  await settle();
  assert.deepEqual([bench.queue.running, bench.queue.length], [2, 1]);
  assert.throws(() => bench.queue.requireRoom(), {
    code: "run_in_progress",
    message: "Cannot start the run: 2 other runs are under way on this database, and 1 wait for it",
  });
  const refused = bench.add("b");
  await settle();
  assert.equal(refused.state, "cancelled");
  one.end();
  await settle();
  assert.deepEqual([one.state, three.state], ["done", "running"]);
  bench.queue.requireRoom();
  two.end();
  three.end();
  await settle();
  assert.deepEqual([bench.queue.running, bench.queue.length], [0, 0]);
});

Deno.test("a run that failed gives its place back", async () => {
  const queue = new RunQueue({ maxRuns: 1 });
  const signals = [new AbortController().signal];
  const failed = queue.run({ caller: "a", datasetUrn: "1", signals }, () => {
    throw new Error("failed");
  });
  await assert.rejects(failed, /failed/);
  const next = queue.run({ caller: "a", datasetUrn: "1", signals }, () => Promise.resolve("next"));
  assert.equal(await next, "next");
});

Deno.test("a caller with many runs does not hold up another with one", async () => {
  const bench = new Bench(1);
  const first = bench.add("many");
  await settle();
  const many = Array.from({ length: 50 }, () => bench.add("many"));
  const one = bench.add("one");
  await settle();
  first.end();
  await settle();
  many[0]!.end();
  await settle();
  assert.equal(one.state, "running", "its turn is after one of the other caller's");
});

Deno.test("of runs on one dataset, one waits for the other, and others overtake them", async () => {
  const bench = new Bench(2);
  const [holder, blocker] = [bench.add("a", "table"), bench.add("a", "other")];
  await settle();
  const [same, free] = [bench.add("a", "table"), bench.add("a", "free")];
  await settle();
  blocker.end();
  await settle();
  assert.deepEqual([same.state, free.state], ["waiting", "running"]);
  free.end();
  await settle();
  assert.equal(same.state, "waiting");
  holder.end();
  await settle();
  assert.equal(same.state, "running");
});

/** What happens to a queue, in any order. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.constantFrom("a", "b", "c"), on: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ end: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ cancel: fc.nat() }) },
);

Deno.test("whatever comes and goes: places are used, turns are taken, and nobody waits for nothing", async () => {
  const property = fc.asyncProperty(
    fc.nat(3),
    fc.array(step, { maxLength: 60 }),
    async (more, all) => {
      const maxRuns = more + 1;
      const bench = new Bench(maxRuns);
      const turns = new Turns();
      for (const each of all) {
        const waitingBefore = bench.in("waiting");
        const startedBefore = bench.started.length;
        if ("add" in each) bench.add(each.add, `table ${each.on}`);
        else if ("end" in each) pick(bench.in("running"), each.end)?.end();
        else pick(bench.in("waiting"), each.cancel)?.cancel.abort(new Error("cancelled"));
        await settle();

        const running = bench.in("running");
        assert.ok(running.length <= maxRuns);
        assert.equal(bench.queue.running, running.length);
        assert.equal(bench.queue.length, bench.in("waiting").length);
        const busy = new Set(running.map(({ datasetUrn }) => datasetUrn));
        if (running.length < maxRuns) {
          assert.ok(bench.in("waiting").every(({ datasetUrn }) => busy.has(datasetUrn)));
        }
        for (let i = startedBefore; i < bench.started.length; i++) {
          const started = bench.started[i]!;
          if (!waitingBefore.includes(started)) continue;
          const later = bench.started.slice(i);
          const busyThen = new Set(
            running.filter((run) => !later.includes(run)).map(({ datasetUrn }) => datasetUrn),
          );
          assert.ok(!busyThen.has(started.datasetUrn), "one that waited runs beside another");
          const waitingThen = waitingBefore.filter((run) =>
            run.state === "waiting" || later.includes(run)
          );
          turns.take(started, waitingThen, busyThen);
        }
        turns.forgetAllBut(new Set(bench.in("waiting").map(({ caller }) => caller)));
      }
      for (const run of bench.runs) run.cancel.abort(new Error("over"));
      for (const run of bench.runs) run.end();
      await Promise.all(bench.runs.map(({ settled }) => settled));
      assert.deepEqual([bench.queue.running, bench.queue.length], [0, 0]);
    },
  );
  await holds(property, 300);
});

/** Who had a turn since others wait: nobody may have two while another could have had one. */
class Turns {
  /** By caller who waits: those who had a turn since. */
  readonly #since = new Map<string, Set<string>>();

  take(started: HeldRun, waiting: readonly HeldRun[], busy: ReadonlySet<string>): void {
    const able = new Set(
      waiting.filter(({ datasetUrn }) => !busy.has(datasetUrn)).map(({ caller }) => caller),
    );
    for (const { caller } of waiting) {
      if (caller === started.caller) continue;
      const since = this.#since.get(caller) ?? new Set<string>();
      const isSecond = since.has(started.caller) && able.has(caller);
      assert.ok(!isSecond, `${started.caller} has a second turn before ${caller}`);
      this.#since.set(caller, since);
    }
    for (const { caller } of waiting) this.#since.get(caller)?.add(started.caller);
    this.#since.delete(started.caller);
  }

  forgetAllBut(waiting: ReadonlySet<string>): void {
    for (const caller of this.#since.keys()) if (!waiting.has(caller)) this.#since.delete(caller);
  }
}

function pick(runs: readonly HeldRun[], n: number): HeldRun | undefined {
  return runs[n % Math.max(1, runs.length)];
}
