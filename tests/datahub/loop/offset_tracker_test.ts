/** An offset is stored once everything before it is dealt with. */
import assert from "node:assert/strict";
import { OffsetTracker } from "../../../src/datahub/loop/offset_tracker.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("an offset waits for the batches before it, in any order of their ends", async () => {
  const stored: string[] = [];
  const tracker = new OffsetTracker("0", (offset) => Promise.resolve(void stored.push(offset)));
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  tracker.add("1", first.promise);
  tracker.add("2", second.promise);
  second.resolve();
  await turn();
  assert.deepEqual(stored, []);
  first.resolve();
  await turn();
  assert.equal(stored.at(-1), "2");
  assert.equal(tracker.storedOffsetId, "2");
});

Deno.test("what failed to be stored is stored with the next batch, and nothing is stored twice", async () => {
  const stored: string[] = [];
  let failures = 1;
  const tracker = new OffsetTracker("0", (offset) => {
    if (failures-- > 0) return Promise.reject(new Error("it is a test"));
    return Promise.resolve(void stored.push(offset));
  });
  tracker.add("1", Promise.resolve());
  await turn();
  assert.equal(tracker.storedOffsetId, "0");
  tracker.add("1", Promise.resolve());
  tracker.add("1", Promise.resolve());
  await turn();
  assert.deepEqual(stored, ["1"]);
});
