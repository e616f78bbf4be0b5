/**
 * Policies that mask or filter what is read are found before the first write. Spark has none: here the
 * stand-in responds to `SHOW EFFECTIVE POLICIES` as Databricks documents it.
 */
import assert from "node:assert/strict";
import {
  policies,
  SHOW_POLICIES,
  tablePermissionDenied,
} from "../../scripts/servers/warehouse/faults.ts";
import { assertReport } from "../support/assertions.ts";
import { BOTH_WAYS, openAction } from "./action.ts";
import { standInOnly, type StandInPlace, type TestTable, withTable } from "./place.ts";

const TABLE = [
  "CREATE TABLE $t (v STRING)",
  "INSERT INTO $t VALUES ('canary 1'), ('canary 2')",
];

async function assertUntouched(place: StandInPlace, { sqlName }: TestTable): Promise<void> {
  const history = await place.sql(`DESCRIBE HISTORY ${sqlName}`);
  assert.ok(!history.some(({ operation }) => operation === "UPDATE" || operation === "MERGE"));
}

for (const type of ["COLUMN_MASK", "ROW_FILTER"]) {
  standInOnly(
    `a table with a policy of the type ${type} is refused by its name`,
    (place) =>
      withTable(place, TABLE, async (table) => {
        await place.control.addFault(policies([["hide_pii", type]]));
        for (const [, sdk] of BOTH_WAYS) {
          for (const dryRun of [true, false]) {
            const action = openAction(place, { sdk });
            const error = await action.fails("table_not_supported", table.urn, ["v"], { dryRun });
            assert.match(error.message, /\("hide_pii"\): set ALLOW_UNPROVEN_MASKS=true/);
          }
        }
        await assertUntouched(place, table);
      }),
  );
}

standInOnly(
  "a table whose policies the principal may not see is refused",
  (place) =>
    withTable(place, TABLE, async (table) => {
      const rule = tablePermissionDenied({ statement: SHOW_POLICIES, times: "always" });
      await place.control.addFault(rule);
      const error = await openAction(place).fails("table_not_supported", table.urn, ["v"]);
      assert.match(error.message, /nobody can tell .* READ METADATA .* ALLOW_UNPROVEN_MASKS=true/);
      await assertUntouched(place, table);
    }),
);

standInOnly(
  "ALLOW_UNPROVEN_MASKS lets a run go on, whatever the policies",
  (place) =>
    withTable(place, TABLE, async (table) => {
      await place.control.addFault(policies([["hide_pii", "COLUMN_MASK"]]));
      const report = await openAction(place, { allowUnprovenMasks: true }).tokenize(table.urn, [
        "v",
      ]);
      assertReport(report, { updated: 2, skipped: 0 });
    }),
);

standInOnly(
  "without policies, or with such as only grant rights, a run goes on",
  (place) =>
    withTable(place, TABLE, async (table) => {
      for (const rows of [[], [["readers", "GRANT"]]] as const) {
        const id = await place.control.addFault(policies(rows));
        const report = await openAction(place).tokenize(table.urn, ["v"], { dryRun: true });
        assertReport(report, { updated: 2, skipped: 0 });
        await place.control.removeFault(id);
      }
    }),
);

standInOnly(
  "an engine without policies has none: Spark does not know the statement",
  (place) =>
    withTable(place, TABLE, async (table) => {
      const report = await openAction(place).tokenize(table.urn, ["v"], { dryRun: true });
      assertReport(report, { updated: 2, skipped: 0 });
      const history = await place.control.queryHistory();
      assert.ok(history.some(({ statement_text: text }) => new RegExp(SHOW_POLICIES).test(text)));
    }),
);
