/** What is read from the catalogue about constraints and generated columns. */
import assert from "node:assert/strict";
import { generatedColumns } from "../../../src/platforms/databricks/lookup/check_generated.ts";
import { isOfOneRow } from "../../../src/platforms/databricks/lookup/find_constraints.ts";
import { planError } from "../../../src/platforms/databricks/sql/explain.ts";

const OF_ONE_ROW = [
  "length ( v ) < 10",
  "v <> 'select (from; --' AND `from` IN ('a', \"b)\")",
  "v IS NULL OR (v LIKE 'a%' AND NOT v RLIKE '^b')",
];
const MORE = [
  "v IN (SELECT x FROM other.t)",
  "EXISTS (TABLE other.t)",
  "EXISTS (FROM other.t |> LIMIT 1)",
  "EXISTS (WITH a AS (VALUES (1)) SELECT 1)",
  "true) OR (true",
  "(true",
  "true -- rest",
  "true /* rest",
  "true; DROP TABLE t",
  "v = 'it''s' OR v = 'a",
  "v = 'a\\' OR '(SELECT'",
];

Deno.test("a constraint is checked if it is an expression of one row, and nothing else can be", () => {
  assert.deepEqual(OF_ONE_ROW.filter((text) => !isOfOneRow(text)), []);
  assert.deepEqual(MORE.filter(isOfOneRow), []);
});

Deno.test("generated columns are read from the statement that makes their table", () => {
  const statement = `CREATE TABLE main.default.t (
  id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1),
  name STRING COMMENT 'is generated',
  Lower STRING GENERATED ALWAYS AS ( lower(name) ) COMMENT 'of the name',
  \`a \`\`b\` VARCHAR(20) GENERATED ALWAYS AS (trim(name)))
USING delta`;
  assert.deepEqual([...generatedColumns(statement)], ["lower", "a `b"]);
  assert.deepEqual([...generatedColumns("")], []);
});

Deno.test("a plan that is an error is told from one that is none", () => {
  const error =
    "Error occurred during query planning: \n[TABLE_OR_VIEW_NOT_FOUND] t. SQLSTATE: 42P01";
  const lines = error.split("\n").map((plan) => ({ plan }));
  assert.equal(planError([{ plan: error }]), "[TABLE_OR_VIEW_NOT_FOUND] t. SQLSTATE: 42P01");
  assert.equal(planError(lines), planError([{ plan: error }]));
  assert.equal(planError([{ plan: "== Physical Plan ==\nExecute UpdateCommand" }]), undefined);
});
