/** The sentences of the log. */
import assert from "node:assert/strict";
import { sentenceOf } from "../src/log.ts";

Deno.test("the log names only places of old values that there are", () => {
  const found = { event: "residue_found", runId: "r1", table: "a.b.c" } as const;
  const sentences = [
    { remains: "dead_rows", notChecked: "", cleared: "" },
    { remains: "", notChecked: "views", cleared: "pg_stats" },
  ].map((places) => sentenceOf({ ...found, ...places }));
  assert.deepEqual(sentences, [
    "run {runId} on {table}: old values remain in {remains}",
    "run {runId} on {table}: old values, not checked: {notChecked}, cleared: {cleared}",
  ]);
});
