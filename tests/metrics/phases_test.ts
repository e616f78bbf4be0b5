/** The clock of a run's phases. */
import assert from "node:assert/strict";
import { PhaseClock } from "../../src/phases.ts";

/** Does nothing until it is released. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, release: resolve };
}

Deno.test("steps that overlap count once, and their number is exact", async () => {
  const clock = new PhaseClock();
  const [first, second] = [held(), held()];
  const startedMs = performance.now();
  const steps = [clock.time("write", first.work), clock.time("write", second.work)];
  first.release();
  second.release();
  await Promise.all(steps);
  const passedMs = performance.now() - startedMs;

  const [write, ...others] = clock.times;
  assert.deepEqual(others, []);
  assert.equal(write?.phase, "write");
  assert.equal(write.steps, 2);
  assert.ok(write.busyMs <= passedMs, `${write.busyMs} of ${passedMs} ms`);
  assert.ok(write.busyMs <= write.endedAtMs - write.startedAtMs + 0.01);
});

Deno.test("a step that fails ends, and what it threw is thrown", async () => {
  const clock = new PhaseClock();
  const failed = clock.time("commit", () => Promise.reject(new Error("no")));
  await assert.rejects(failed, { message: "no" });
  assert.equal(clock.times[0]?.steps, 1);
});

Deno.test("the time is reported as it passes, and adds up to the same", async () => {
  let reportedMs = 0;
  const clock = new PhaseClock((_, ms) => reportedMs += ms);
  for (let i = 0; i < 3; i++) await clock.time("read", () => new Promise((r) => setTimeout(r, 1)));
  assert.ok(reportedMs > 0);
  assert.ok(Math.abs(reportedMs - clock.times[0]!.busyMs) < 0.001);
});

Deno.test("phases come in their order, however they began", async () => {
  const clock = new PhaseClock();
  for (const phase of ["residue", "read", "look-up"] as const) await clock.time(phase, () => {});
  assert.deepEqual(clock.times.map(({ phase }) => phase), ["look-up", "read", "residue"]);
});

Deno.test("items come through unchanged, and a loop that is left early closes their source", async () => {
  const clock = new PhaseClock();
  let isClosed = false;
  async function* source() {
    try {
      for (let i = 0; i < 10; i++) yield await Promise.resolve(i);
    } finally {
      isClosed = true;
    }
  }
  const seen: number[] = [];
  for await (const item of clock.each("read", source())) {
    seen.push(item);
    if (item === 2) break;
  }
  assert.deepEqual(seen, [0, 1, 2]);
  assert.ok(isClosed);
  assert.equal(clock.times[0]?.steps, 3);
});
