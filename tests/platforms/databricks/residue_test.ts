/** What the report says about a Delta table, derived from its description. */
import assert from "node:assert/strict";
import { findResidue } from "../../../src/platforms/databricks/residue/find_residue.ts";
import type { Session } from "../../../src/platforms/databricks/connection/session.ts";

/** Without scrub, nothing is sent to the warehouse. */
const noSession = new Proxy({}, {
  get: () => () => assert.fail("the warehouse was asked"),
}) as Session;

async function placesOf(properties: string | undefined, updated = 1, isDelta = true) {
  const table = {
    catalog: "c`c",
    schema: "s",
    name: "t",
    platform: "databricks",
    path: ["c", "s", "t"],
    displayName: "c.s.t",
    isDelta,
    properties,
    columns: [],
  };
  const places = await findResidue(noSession, table, { updated, scrub: false });
  return Object.fromEntries(places.map(({ place, ...known }) => [place, known]));
}

Deno.test("properties are read wherever they are listed", async () => {
  const {
    history,
    deletion_vectors: vectors,
    change_data_feed: feed,
    transaction_log: log,
  } = await placesOf(
    "[delta.deletedFileRetentionDuration=interval 3 days,delta.enableChangeDataFeed=false," +
      "delta.logRetentionDuration=interval 2 days,my.delta.enableChangeDataFeed=true," +
      "delta.enableDeletionVectors=true]",
  );
  assert.deepEqual([history?.state, history?.command], ["remains", "VACUUM `c``c`.`s`.`t`"]);
  assert.match(history!.detail!, /interval 3 days after the run$/);
  assert.equal(vectors?.state, "remains");
  assert.equal(vectors?.command, "REORG TABLE `c``c`.`s`.`t` APPLY (PURGE)");
  assert.deepEqual(feed, { state: "none" });
  assert.match(log!.detail!, /for interval 2 days/);
});

Deno.test("without properties in the description, what depends on them is not_checked", async () => {
  const places = await placesOf(undefined);
  assert.equal(places.deletion_vectors?.state, "not_checked");
  assert.equal(places.change_data_feed?.state, "not_checked");
});

Deno.test("if the run changed nothing, what earlier runs left is unknown", async () => {
  const places = await placesOf("[delta.enableDeletionVectors=true]", 0);
  assert.deepEqual(
    [places.history?.state, places.deletion_vectors?.state],
    ["not_checked", "not_checked"],
  );
});

Deno.test("for other formats than Delta nothing is claimed", async () => {
  assert.deepEqual(Object.keys(await placesOf("[]", 1, false)), ["snapshots"]);
});
