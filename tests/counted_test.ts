import assert from "node:assert/strict";
import { counted, duration, grouped } from "../src/counted.ts";

Deno.test("one is singular, and everything else is plural", () => {
  const shown = [0, 1, 2].map((number) => counted(number, "row"));
  assert.deepEqual(shown, ["0 rows", "1 row", "2 rows"]);
  assert.equal(counted(1, "is left", "are left"), "1 is left");
  assert.equal(counted(2, "is left", "are left"), "2 are left");
});

Deno.test("digits are in groups of three", () => {
  const shown = [0, 999, 1000, 12345, 123456, 1234567].map(grouped);
  assert.deepEqual(shown, ["0", "999", "1,000", "12,345", "123,456", "1,234,567"]);
});

Deno.test("a duration has the two units that matter, rounded to the nearest", () => {
  const shown = [0, 41.6, 999.4, 999.6, 1440, 9940, 9960, 59_400, 61_000, 599_400, 1_633_000]
    .map(duration);
  assert.deepEqual(shown, [
    "0 ms",
    "42 ms",
    "999 ms",
    "1 s",
    "1.4 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1 min 1 s",
    "9 min 59 s",
    "27 min",
  ]);
  assert.deepEqual([3_599_000, 7_500_000, 4_000_000_000].map(duration), [
    "1 h 0 min",
    "2 h 5 min",
    "1,111 h 7 min",
  ]);
});
