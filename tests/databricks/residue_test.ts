/** What a run leaves of old values in a Delta table's files, and what clears it. */
import assert from "node:assert/strict";
import type { Report } from "../../src/action/trigger.ts";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { openAction } from "./action.ts";
import { standInOnly, warehouseTest, withTable } from "./place.ts";

const ROWS = "INSERT INTO $t SELECT concat('canary ', id) FROM range(20)";
const PLAIN = ["CREATE TABLE $t (v STRING)", ROWS];

function statesOf({ residue }: Report): Record<string, string> {
  assert.ok(residue !== undefined);
  assert.doesNotMatch(JSON.stringify(residue), /canary/);
  return Object.fromEntries(residue.map(({ place, state }) => [place, state]));
}

warehouseTest(
  "older versions are reported, with the command that removes them",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (v STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')",
      ROWS,
    ], async (table) => {
      const action = openAction(place);
      const report = await action.tokenize(table.urn, ["v"]);
      assert.deepEqual(statesOf(report), {
        history: "remains",
        deletion_vectors: "none",
        change_data_feed: "none",
        transaction_log: "remains",
        shallow_clones: "not_checked",
        copies: "not_checked",
      });
      assert.equal(report.residue![0]!.command, `VACUUM ${table.sqlName}`);
      assert.match(report.residue![0]!.detail!, /interval 1 week after the run/);
      const [old] = await place.sql(`SELECT v FROM ${table.sqlName} VERSION AS OF 1`);
      assert.match(String(old!.v), /canary/, "they do remain");
      assert.equal("residue" in await action.tokenize(table.urn, ["v"]), false);
    }),
);

warehouseTest(
  "scrub respects the retention, and reports what remains until then",
  (place) =>
    withTable(place, PLAIN, async (table) => {
      const action = openAction(place);
      const report = await action.tokenize(table.urn, ["v"], { scrub: true });
      assert.equal(statesOf(report).history, "remains");
      assert.match(report.residue![0]!.detail!, /^VACUUM keeps files for interval 1 week/);
      const [old] = await place.sql(`SELECT count(*) AS n FROM ${table.sqlName} VERSION AS OF 1`);
      assert.equal(Number(old!.n), 20);
    }),
);

standInOnly(
  "scrub clears history, deletion vectors and change data, and verifies it",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (v STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', " +
      "'delta.enableChangeDataFeed' = 'true', " +
      "'delta.deletedFileRetentionDuration' = 'interval 0 hours')",
      ROWS,
    ], async (table) => {
      const action = openAction(place);
      const before = statesOf(await action.tokenize(table.urn, ["v"]));
      assert.deepEqual(
        [before.history, before.deletion_vectors, before.change_data_feed],
        ["remains", "remains", "remains"],
      );
      const report = await action.tokenize(table.urn, ["v"], { scrub: true });
      const after = statesOf(report);
      assert.equal(report.updated, 0);
      assert.deepEqual(
        [after.history, after.deletion_vectors, after.change_data_feed],
        ["cleared", "cleared", "cleared"],
      );
      await assert.rejects(place.sql(`SELECT count(v) FROM ${table.sqlName} VERSION AS OF 1`));
      const rows = await place.sql(`SELECT v FROM ${table.sqlName}`);
      assert.equal(rows.filter(({ v }) => /^tok_.*_poc$/.test(String(v))).length, 20);
    }),
);

standInOnly(
  "a scrub that the warehouse refuses does not fail the run: not_checked",
  (place) =>
    withTable(place, PLAIN, async (table) => {
      await place.control.addFault({
        ...faults.tablePermissionDenied(),
        statement: "VACUUM",
        times: "always",
      });
      const action = openAction(place);
      const report = await action.tokenize(table.urn, ["v"], { scrub: true });
      assert.deepEqual([report.updated, statesOf(report).history], [20, "not_checked"]);
    }),
);

standInOnly(
  "the older snapshots of an Iceberg table are not_checked",
  async (place) => {
    const iceberg = { ...place, catalog: "main" };
    await place.sql("CREATE NAMESPACE IF NOT EXISTS main.default");
    await withTable(iceberg, [...PLAIN], async (table) => {
      const report = await openAction(place).tokenize(table.urn, ["v"]);
      assert.deepEqual(statesOf(report), { snapshots: "not_checked" });
    });
  },
);
