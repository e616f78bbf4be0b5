/** How much is read at once: memory holds a few batches, however large the values are. */
import assert from "node:assert/strict";
import {
  MAX_BATCH_ROWS,
  nextBatchRows,
} from "../../../src/platforms/postgres/rewrite/portal_batches.ts";
import { groupRows } from "../../../src/platforms/postgres/rewrite/read_long_rows.ts";

Deno.test("a batch has as many rows as fit into a megabyte, up to 1,920", () => {
  const after = (rows: number, bytes: number) => nextBatchRows({ rows, bytes: rows * bytes });
  assert.equal(after(500, 10), MAX_BATCH_ROWS);
  assert.equal(after(500, 500), MAX_BATCH_ROWS);
  assert.equal(after(500, 2000), 499);
  assert.equal(after(1, 4000), 249);
});

Deno.test("long rows do not make a batch smaller, since their values are read separately", () => {
  assert.equal(nextBatchRows({ rows: 400 + 100, bytes: 100 * 2000 }), MAX_BATCH_ROWS);
  assert.equal(nextBatchRows({ rows: 400, bytes: 0 }), MAX_BATCH_ROWS);
});

Deno.test("long rows are read in groups that fit, and one that is longer still is read alone", () => {
  const groups = (...bytes: number[]) =>
    [...groupRows(bytes.map((each) => ({ bytes: each })), 100)].map((group) =>
      group.map((row) => row.bytes)
    );
  assert.deepEqual(groups(), []);
  assert.deepEqual(groups(40, 60, 1, 99, 1), [[40, 60], [1, 99], [1]]);
  assert.deepEqual(groups(500, 500, 10), [[500], [500], [10]]);
});
