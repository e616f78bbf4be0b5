/** Many rows of a hundred thousand values run through, in bounded memory. */
import assert from "node:assert/strict";
import { noPeakMemory, watchPeak } from "../support/peak_memory.ts";
import { fromSource } from "../support/program.ts";
import { standInOnly, withTable } from "./place.ts";
import { start } from "./program.ts";

const LIMIT_MB = 350;

standInOnly(
  "300,000 rows with 100,000 values take less than 350 MB",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (id BIGINT, v STRING)",
      "INSERT INTO $t SELECT id, concat('canary ', id % 100000, '@example.com') FROM range(300000)",
    ], async (table) => {
      const args = ["run", "--urn", table.urn, "--columns", "v"];
      const env = { DBX_JDBC_URL: place.jdbcUrl, PUSHDOWN: "false" };
      await using running = start(fromSource, args, env);
      const stopWatching = watchPeak(running.pid);
      const { code, stdout } = await running.ended;
      const peakMb = stopWatching();
      assert.equal(code, 0, running.stderr());
      const { updated, skipped, method, elapsed_ms } = JSON.parse(stdout);
      assert.deepEqual([updated, skipped, method], [300_000, 0, "client"]);
      const [left] = await place.sql(
        `SELECT count_if(v LIKE 'canary%') AS n FROM ${table.sqlName}`,
      );
      assert.equal(Number(left!.n), 0);
      console.log(`peak RSS ${peakMb} MB, ${Math.round(elapsed_ms / 1000)} s`);
      if (noPeakMemory !== undefined) return console.log(`not checked: ${noPeakMemory}`);
      assert.ok(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB`);
    }),
);
