/** Runs on a warehouse that are paused, or keep a rate. */
import assert from "node:assert/strict";
import { type Adjustable, NO_THROTTLE, Throttle } from "../../src/platforms/throttle.ts";
import { inClient, openAction, pushdown } from "./action.ts";
import { HUNDRED, ROWS } from "./hundred.ts";
import { warehouseTest, withTable } from "./place.ts";

warehouseTest(
  "a run whose tokens are made here waits before it writes, and goes on",
  (place) =>
    withTable(place, HUNDRED, async (table) => {
      const adjustable: (readonly Adjustable[])[] = [];
      const waits = Promise.withResolvers<void>();
      const throttle = new Throttle({ ...NO_THROTTLE, paused: true }, {
        onAdjustable: (each) => adjustable.push(each),
        onThrottled: () => waits.resolve(),
      });
      let hasWritten = false;
      const onProgress = () => void (hasWritten = true);
      const action = openAction(place, { sdk: inClient });
      const run = action.tokenize(table.urn, ["v"], { throttle, onProgress });
      await waits.promise;
      assert.deepEqual([adjustable, hasWritten], [[["rows_per_second", "paused"]], false]);
      throttle.set(NO_THROTTLE);
      assert.equal((await run).updated, ROWS);
    }),
);

warehouseTest(
  "one statement of the warehouse cannot be changed; a rate keeps a run from being one",
  (place) =>
    withTable(place, HUNDRED, async (table) => {
      const adjustable: (readonly Adjustable[])[] = [];
      const throttle = new Throttle(NO_THROTTLE, { onAdjustable: (each) => adjustable.push(each) });
      const action = openAction(place, { sdk: pushdown });
      const whole = await action.tokenize(table.urn, ["v"], { throttle });
      assert.deepEqual([whole.method, adjustable], ["pushdown", [[]]]);
      const rated = await action.tokenize(table.urn, ["w"], { rowsPerSecond: 1_000_000 });
      assert.deepEqual([rated.method, rated.updated], ["client", ROWS]);
    }),
);
