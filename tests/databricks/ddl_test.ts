/**
 * Somebody alters the table right before a run writes to it: the run fails with the reason, and what
 * it finds then stays as it is.
 */
import assert from "node:assert/strict";
import type { ErrorCode } from "../../src/errors.ts";
import type { AnyRow } from "../../src/platforms/databricks/connection/statement.ts";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { BOTH_WAYS, openAction } from "./action.ts";
import { standInOnly, withTable, WRITES } from "./place.ts";

const TEN = [
  // so that columns can be dropped and renamed
  "CREATE TABLE $t (id INT, v STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
  "INSERT INTO $t SELECT id, concat('canary ', id) FROM range(10)",
];

/** What is done, which code the run fails with, and the first of the ten rows afterwards. */
const CHANGES: readonly (readonly [
  change: string,
  statement: string,
  code: ErrorCode,
  first: AnyRow,
])[] = [
  ["the column is dropped", "ALTER TABLE $t DROP COLUMN v", "column_not_found", { id: 0 }],
  [
    "the column is renamed",
    "ALTER TABLE $t RENAME COLUMN v TO called",
    "column_not_found",
    { id: 0, called: "canary 0" },
  ],
  [
    "its type is changed to a number",
    "CREATE OR REPLACE TABLE $t AS SELECT id, id AS v FROM range(10)",
    "database_error",
    { id: 0, v: 0 },
  ],
];

for (const [way, sdk] of BOTH_WAYS) {
  for (const [change, statement, code, first] of CHANGES) {
    standInOnly(
      `${way}: ${change} before the write, and the run fails with ${code}`,
      (place) =>
        withTable(place, TEN, async (table) => {
          const between = [statement.replaceAll("$t", table.sqlName)];
          await place.control.addFault(
            faults.writerBetween("before", between, { statement: WRITES }),
          );
          await openAction(place, { sdk }).fails(code, table.urn, ["v"]);
          const rows = await place.sql(`SELECT * FROM ${table.sqlName} ORDER BY id`);
          assert.equal(rows.length, 10);
          assert.deepEqual(rows[0], first);
        }),
    );
  }

  standInOnly(
    `${way}: the table is dropped before the write, and the run fails with table_not_found`,
    (place) =>
      withTable(place, TEN, async (table) => {
        const drop = [`DROP TABLE ${table.sqlName}`];
        await place.control.addFault(faults.writerBetween("before", drop, { statement: WRITES }));
        await openAction(place, { sdk }).fails("table_not_found", table.urn, ["v"]);
      }),
  );
}
