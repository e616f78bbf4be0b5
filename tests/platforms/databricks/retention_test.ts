/** How long Delta keeps files, as its properties say. */
import assert from "node:assert/strict";
import { retentionMs } from "../../../src/platforms/databricks/residue/retention.ts";

const HOUR_MS = 3_600_000;

Deno.test("a retention is parsed as Delta writes it", () => {
  assert.equal(retentionMs("interval 1 week"), 168 * HOUR_MS);
  assert.equal(retentionMs("interval 168 hours"), 168 * HOUR_MS);
  assert.equal(retentionMs("INTERVAL 30 DAYS"), 720 * HOUR_MS);
  assert.equal(retentionMs("1 weeks 2 days"), 216 * HOUR_MS);
  assert.equal(retentionMs("interval 0 hours"), 0);
});

Deno.test("an unreadable retention does not count as none", () => {
  for (const text of ["", "interval", "interval 1 month", "interval -1 day", "7", "1 week ago"]) {
    assert.equal(retentionMs(text), undefined, text);
  }
});
