import assert from "node:assert/strict";
import { counted, grouped } from "../src/counted.ts";

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
