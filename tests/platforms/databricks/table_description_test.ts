/** Table descriptions as Databricks and Spark return them. */
import assert from "node:assert/strict";
import { readDescription } from "../../../src/platforms/databricks/lookup/table_description.ts";

function describe(...rows: readonly (readonly [string, string])[]) {
  return readDescription(rows.map(([col_name, data_type]) => ({ col_name, data_type })));
}

Deno.test("columns are read up to the first section, and not from others", () => {
  const { columns, details, hasRowFilter, maskedColumns } = describe(
    ["id", "bigint"],
    ["# of beds", "string"],
    ["e.mail", "varchar(20)"],
    ["# Partition Information", ""],
    ["# col_name", "data_type"],
    ["id", "bigint"],
    ["", ""],
    ["# Detailed Table Information", ""],
    ["Catalog", "main"],
    ["Database", "sales"],
    ["Table", "customers"],
    ["Type", "MANAGED"],
    ["Provider", "delta"],
    ["Comment", "a\nb"],
  );
  assert.deepEqual(columns, [
    { name: "id", type: "bigint" },
    { name: "# of beds", type: "string" },
    { name: "e.mail", type: "varchar(20)" },
  ]);
  assert.deepEqual(
    ["catalog", "database", "table", "type", "provider"].map((key) => details.get(key)),
    ["main", "sales", "customers", "MANAGED", "delta"],
  );
  assert.equal(hasRowFilter, false);
  assert.equal(maskedColumns.size, 0);
});

Deno.test("row filters and column masks are recognised, as sections or as details", () => {
  const table = [["a", "string"], ["b", "string"], ["", ""]] as const;
  const masked = describe(...table, ["# Column Masks", ""], ["# col_name", "function"], [
    "b",
    "main.sales.mask",
  ]);
  assert.deepEqual([...masked.maskedColumns], ["b"]);
  const details = ["# Detailed Table Information", ""] as const;
  assert.equal(describe(...table, details, ["Row Filter", "main.f ON (a)"]).hasRowFilter, true);
  assert.equal(describe(...table, ["# Row Filter", ""], ["Function", "main.f"]).hasRowFilter, true);
  assert.equal(describe(...table, details, ["Row Filter", ""]).hasRowFilter, false);
});
