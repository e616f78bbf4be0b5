import assert from "node:assert/strict";
import { counted } from "../src/counted.ts";

Deno.test("one is singular, and everything else is plural", () => {
  const shown = [0, 1, 2].map((number) => counted(number, "row"));
  assert.deepEqual(shown, ["0 rows", "1 row", "2 rows"]);
  assert.equal(counted(1, "is left", "are left"), "1 is left");
  assert.equal(counted(2, "is left", "are left"), "2 are left");
});
