import assert from "node:assert/strict";
import fc from "fast-check";
import { progressLine, type Shown } from "../../src/commands/progress_line.ts";

const half = {
  updated: 400_000,
  total: 1_000_000,
  rows_per_second: 100_000,
  seconds_left: 6,
};

/** The line with what a test does not say. */
function line(shown: Partial<Shown>): string {
  return progressLine({
    work: "tokenizing",
    elapsedSeconds: 4,
    progress: half,
    ageSeconds: 0,
    width: 100,
    hasBar: true,
    ...shown,
  });
}

Deno.test("progress has a share, rows, a rate and the time left", () => {
  assert.equal(
    line({}),
    "[############------------------] 40 %, 400,000 of 1,000,000 rows, 100,000 rows/s, 6 s left",
  );
  assert.equal(
    line({ hasBar: false }),
    "40 %, 400,000 of 1,000,000 rows, 100,000 rows/s, 6 s left",
  );
});

Deno.test("progress leaves out what does not fit", () => {
  assert.deepEqual([79, 60, 45, 20, 5, 3].map((width) => line({ width })), [
    "[####------] 40 %, 400,000 of 1,000,000 rows, 100,000 rows/s, 6 s left",
    "[####------] 40 %, 400,000 of 1,000,000 rows, 6 s left",
    "40 %, 400,000 of 1,000,000 rows, 6 s left",
    "40 %, 6 s left",
    "40 %",
    "",
  ]);
});

Deno.test("work without progress shows how long it has been running", () => {
  const show = (width: number) => line({ elapsedSeconds: 200.4, progress: undefined, width });
  assert.deepEqual([show(79), show(20)], ["tokenizing, 3 min 20 s so far", "3 min 20 s"]);
});

Deno.test("what is estimated says so, and has no rate", () => {
  assert.equal(
    line({ progress: { ...half, estimated: true } }),
    "[############------------------] about 40 %, 400,000 of 1,000,000 rows, 6 s left",
  );
});

Deno.test("rows with nothing to write count as done", () => {
  assert.equal(
    line({ progress: { ...half, skipped: 200_000 }, hasBar: false }),
    "60 %, 600,000 of 1,000,000 rows, 100,000 rows/s, 6 s left",
  );
});

Deno.test("work is never done before it ends", () => {
  const progress = { ...half, updated: 1_000_000, seconds_left: 0 };
  assert.equal(
    line({ progress, elapsedSeconds: 12 }),
    "[#############################-] 99 %, 1,000,000 of 1,000,000 rows, 12 s so far",
  );
});

Deno.test("without news there is no telling how long it takes", () => {
  assert.equal(
    line({ hasBar: false, ageSeconds: 11, elapsedSeconds: 15 }),
    "40 %, 400,000 of 1,000,000 rows, 15 s so far",
  );
});

Deno.test("a run that waits says why", () => {
  const progress = { ...half, throttled_by: "a request to pause" };
  assert.equal(
    line({ progress }),
    "[####------] 40 %, 400,000 of 1,000,000 rows, waits: a request to pause",
  );
});

Deno.test("no line is wider than it may be, and no share is 100 %", () => {
  const progress = fc.record({
    updated: fc.nat(2 ** 31),
    skipped: fc.nat(2 ** 31),
    total: fc.nat(2 ** 31),
    rows_per_second: fc.nat(2 ** 31),
    seconds_left: fc.nat(2 ** 31),
  });
  fc.assert(fc.property(
    fc.nat(200),
    fc.option(progress, { nil: undefined }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    (width, progress, elapsedSeconds) => {
      const shown = line({ elapsedSeconds, progress, width });
      assert.ok(shown.length <= width);
      const [, share = "0"] = /(\d+) %/.exec(shown) ?? [];
      assert.ok(Number(share) < 100);
    },
  ));
});
