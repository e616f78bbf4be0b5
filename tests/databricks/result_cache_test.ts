/**
 * What a run counts is what the table holds now: no session takes results of earlier queries. Spark has
 * no such cache, so this asks what the sessions were opened with.
 */
import assert from "node:assert/strict";
import { ServiceError } from "../../src/errors.ts";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { inClient, openAction } from "./action.ts";
import { standInOnly, withTable, WRITES } from "./place.ts";

standInOnly(
  "no session uses cached results: a run's first, one that replaces it, and the last count's",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (v STRING)",
      "INSERT INTO $t VALUES ('canary 1'), ('canary 2')",
    ], async (table) => {
      await place.control.addFault(faults.expiredSession({ statement: WRITES, times: 1 }));
      const end = new AbortController();
      const reason = new ServiceError("shutting_down", "Cannot finish the run: shutting down");
      const onProgress = () => end.abort(reason);
      await openAction(place, { sdk: inClient })
        .fails("shutting_down", table.urn, ["v"], { signal: end.signal, onProgress });
      const opened = (await place.control.requests()).filter(({ method }) =>
        method === "OpenSession"
      );
      assert.equal(opened.length, 3);
      for (const { configuration } of opened) {
        assert.deepEqual(configuration, { use_cached_result: "false" });
      }
    }),
);
