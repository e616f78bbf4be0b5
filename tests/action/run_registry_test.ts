/** The runs in progress, and how they end when the action shuts down. */
import assert from "node:assert/strict";
import { RunRegistry } from "../../src/action/run_registry.ts";
import { ServiceError } from "../../src/errors.ts";

/** A run that ends when the test finishes it, or when it is aborted. */
function heldRun(runs: RunRegistry) {
  const held = Promise.withResolvers<string>();
  const result = runs.start((signal) => {
    signal.addEventListener("abort", () => held.reject(signal.reason), { once: true });
    return held.promise;
  });
  return { finish: () => held.resolve("done"), result };
}

Deno.test("runs are counted while they are in progress", async () => {
  const runs = new RunRegistry();
  const [one, two] = [heldRun(runs), heldRun(runs)];
  assert.equal(runs.size, 2);
  one.finish();
  assert.equal(await one.result, "done");
  assert.equal(runs.size, 1);
  two.finish();
  await two.result;
  assert.equal(runs.size, 0);
});

Deno.test("a run that failed is no longer counted", async () => {
  const runs = new RunRegistry();
  await assert.rejects(runs.start(() => Promise.reject(new Error("no"))), /no/);
  assert.equal(runs.size, 0);
});

Deno.test("draining waits for the runs in progress, and refuses new ones at once", async () => {
  const runs = new RunRegistry();
  const run = heldRun(runs);
  const drained = runs.drain(60_000);
  const isRefusal = (error: unknown) =>
    error instanceof ServiceError && error.code === "shutting_down";
  assert.throws(() => runs.start(() => Promise.resolve()), isRefusal);
  run.finish();
  await drained;
  assert.equal(await run.result, "done");
  assert.throws(() => runs.start(() => Promise.resolve()), isRefusal);
});

Deno.test("runs that outlast the grace period end with shutting_down", async () => {
  const runs = new RunRegistry();
  const run = heldRun(runs);
  const failed = assert.rejects(run.result, { code: "shutting_down" });
  await runs.drain(0);
  await failed;
  assert.equal(runs.size, 0);
});
