/** The ranges of blocks that a run in batches processes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { BlockRange } from "../../../src/platforms/postgres/sql/block_ranges.ts";
import {
  MAX_RANGE_BLOCKS,
  MIN_RANGE_BLOCKS,
  nextRange,
} from "../../../src/platforms/postgres/rewrite/plan_ranges.ts";

/** All ranges of a table, if nothing changes meanwhile. */
function planRanges(blocks: number, connections: number, maxBlocks = Infinity): BlockRange[] {
  const ranges: BlockRange[] = [];
  for (let from = 0; from < blocks; from = ranges.at(-1)!.to) {
    ranges.push(nextRange(from, blocks, { connections, maxBlocks }));
  }
  return ranges;
}

const sizes = (blocks: number, connections: number) =>
  planRanges(blocks, connections).map(({ from, to }) => to - from);

Deno.test("where a range is to be quickly done, it is small, but never empty", () => {
  assert.deepEqual(planRanges(500, 1, 100).map(({ from }) => from), [0, 100, 200, 300, 400]);
  assert.deepEqual(planRanges(3, 1, 0), [
    { from: 0, to: 1 },
    { from: 1, to: 2 },
    { from: 2, to: 3 },
  ]);
});

Deno.test("an empty table has no range, and a small table has one", () => {
  assert.deepEqual(planRanges(0, 4), []);
  assert.deepEqual(planRanges(1, 4), [{ from: 0, to: MIN_RANGE_BLOCKS }]);
  assert.deepEqual(planRanges(MIN_RANGE_BLOCKS, 1), [{ from: 0, to: MIN_RANGE_BLOCKS }]);
});

Deno.test("ranges are large at first and get smaller towards the end", () => {
  assert.deepEqual(sizes(4096, 1), [1024, 1024, 1024, 512, 256, 128, 128]);
  assert.deepEqual(sizes(1024, 2), [256, 192, 144, 128, 128, 128, 128]);
});

Deno.test("ranges cover every block once, and none is too large or too small", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 200_000 }),
    fc.integer({ min: 1, max: 32 }),
    (blocks, connections) => {
      const ranges = planRanges(blocks, connections);
      assert.equal(ranges[0]?.from ?? 0, 0);
      ranges.forEach(({ from, to }, i) => {
        assert.equal(to, ranges[i + 1]?.from ?? to);
        assert.ok(to - from >= MIN_RANGE_BLOCKS && to - from <= MAX_RANGE_BLOCKS);
      });
      const end = ranges.at(-1)?.to ?? 0;
      assert.ok(end >= blocks && end < blocks + MIN_RANGE_BLOCKS);
    },
  ));
});
