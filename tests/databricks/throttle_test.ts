/** How runs on a warehouse go on: paused, at a rate, and with their progress. */
import assert from "node:assert/strict";
import { type Adjustable, NO_THROTTLE, Throttle } from "../../src/platforms/throttle.ts";
import type { Progress } from "../../src/platforms/platform.ts";
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
  "rows that are tokens already count as done from the beginning",
  (place) =>
    withTable(place, HUNDRED, async (table) => {
      await place.sql(`UPDATE ${table.sqlName} SET v = 'tok_QQ==_poc' WHERE id < 40`);
      const seen: Progress[] = [];
      const action = openAction(place, { sdk: inClient });
      const onProgress = (progress: Progress) => void seen.push(progress);
      const { updated } = await action.tokenize(table.urn, ["v"], { onProgress });
      assert.equal(updated, ROWS - 40);
      assert.deepEqual(seen.at(-1), { updated, skipped: 40, total: ROWS });
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
