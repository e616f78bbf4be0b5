/** The limit on the runs that use one database at once. */
import assert from "node:assert/strict";
import { ServiceError } from "../../src/errors.ts";
import { MAX_RUNS, RunLimiter } from "../../src/platforms/run_limiter.ts";

Deno.test("a run beyond the limit is refused, until another one ends, however it ends", async () => {
  const limiter = new RunLimiter("database");
  const ends = Array.from({ length: MAX_RUNS }, () => Promise.withResolvers<string>());
  const runs = ends.map(({ promise }) => limiter.run(() => promise));
  const refused = await limiter.run(() => Promise.resolve("too many")).catch((error) => error);
  assert.ok(refused instanceof ServiceError);
  assert.equal(refused.code, "run_in_progress");
  assert.equal(
    refused.message,
    "Cannot start the run: 8 other runs are under way on this database",
  );

  ends[0]!.reject(new Error("failed"));
  await assert.rejects(runs[0]!, /failed/);
  assert.equal(await limiter.run(() => Promise.resolve("next")), "next");

  for (const { resolve } of ends) resolve("done");
  await Promise.allSettled(runs);
});
