import assert from "node:assert/strict";
import { assertLeaksNothing } from "../support/assertions.ts";
import { fromSource } from "../support/program.ts";
import { logSuite } from "./log_suite.ts";

Deno.test("the search for leaks finds values as they are and within a token", () => {
  for (const text of ["a canary b", `tok_${btoa("xcanary")}_poc`, `tok_${btoa("xxcanary")}_poc`]) {
    assert.throws(() => assertLeaksNothing(text, "it"));
  }
  assertLeaksNothing("nothing of it", "it");
});

await logSuite(fromSource);
