import assert from "node:assert/strict";
import fc from "fast-check";
import { duration, progressLine } from "../../src/commands/progress_line.ts";

const work = "tokenizing";
const half = { updated: 400_000, total: 1_000_000 };

Deno.test("progress has a share, rows, a rate and the time left", () => {
  assert.equal(
    progressLine({ work, elapsedSeconds: 4, progress: half, width: 100 }),
    "[############------------------] 40 %, 400,000 of 1,000,000 rows, 100,000 rows/s, 6 s left",
  );
});

Deno.test("progress leaves out what does not fit", () => {
  const lines = [79, 60, 45, 20, 5, 3].map((width) =>
    progressLine({ work, elapsedSeconds: 4, progress: half, width })
  );
  assert.deepEqual(lines, [
    "[####------] 40 %, 400,000 of 1,000,000 rows, 100,000 rows/s, 6 s left",
    "[####------] 40 %, 400,000 of 1,000,000 rows, 6 s left",
    "40 %, 400,000 of 1,000,000 rows, 6 s left",
    "40 %, 6 s left",
    "40 %",
    "",
  ]);
});

Deno.test("work without progress shows how long it has been running", () => {
  const show = (width: number) =>
    progressLine({ work, elapsedSeconds: 200.9, progress: undefined, width });
  assert.deepEqual([show(79), show(20)], ["tokenizing, 3 min 20 s so far", "3 min 20 s"]);
});

Deno.test("no line is wider than it may be, and no share is over 100 %", () => {
  const progress = fc.record({ updated: fc.nat(2 ** 31), total: fc.nat(2 ** 31) });
  fc.assert(fc.property(
    fc.nat(200),
    fc.option(progress, { nil: undefined }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    (width, progress, elapsedSeconds) => {
      const line = progressLine({ work, elapsedSeconds, progress, width });
      assert.ok(line.length <= width);
      const [, share = "0"] = /(\d+) %/.exec(line) ?? [];
      assert.ok(Number(share) <= 100);
    },
  ));
});

Deno.test("durations have the two units that matter", () => {
  assert.deepEqual([0.4, 59.9, 61, 3599, 7500].map(duration), [
    "0 s",
    "59 s",
    "1 min 1 s",
    "59 min 59 s",
    "2 h 5 min",
  ]);
});
