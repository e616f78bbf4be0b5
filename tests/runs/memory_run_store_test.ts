/** Runs in memory: what is true of every store, and that the oldest ended ones make room. */
import assert from "node:assert/strict";
import { MemoryRunStore } from "../../src/runs/memory_run_store.ts";
import { newRun, testRunStore } from "./store_conformance.ts";

testRunStore("in memory", (use) => use(new MemoryRunStore()));

Deno.test("in memory, the oldest ended runs make room for new ones, with their keys and receipts", async () => {
  const store = new MemoryRunStore(3);
  const [live, ended, ...others] = [0, 1, 2, 3, 4].map((place) => newRun(place));
  const idempotency = { key: "k", bodyHash: "1" };
  await store.add(live!);
  await store.add({ ...ended!, idempotency });
  const { run_id: runId } = ended!.run;
  await store.update(runId, ["queued"], { state: "cancelled" });
  const receipt = { runId, sequence: 1, hash: "h", document: "{}" };
  assert.equal(await store.addReceipt(receipt), true);
  for (const each of others) await store.add(each);

  assert.equal(await store.get(runId), undefined);
  assert.equal(await store.receipt(runId), undefined);
  assert.deepEqual(await store.lastReceipt(), receipt, "the chain goes on");
  assert.deepEqual(store.status(), { kept_in: "memory", max_runs: 3, dropped_runs: 1 });
  const { runs } = await store.list({ limit: 10 });
  assert.equal(runs.length, 4, "those that have not ended are kept beyond the limit");
  assert.equal((await store.add({ ...newRun(9), idempotency })).kind, "added");
});
