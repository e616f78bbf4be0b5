/**
 * Writes one batch of tokens back, in one atomic statement.
 *
 * The parameter `batch` is a JSON array of objects with a row's values as they were read (`s0`, …)
 * and their tokens (`t0`, …; null where the column is left as it is). Rows are found by their
 * values, so one that changed since it was read is left alone, and no key is needed.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../table.ts";
import { quoteIdentifier } from "../identifiers.ts";
import { columnOf, columnText, rowGuard, tableName } from "./table_expressions.ts";

/** The statement. */
export function writeTokensStatement(table: CheckedTable, selects: Selection): string {
  const { columns } = table;
  const fields = columns.map((_, i) => `s${i}:string,t${i}:string`).join(",");
  const matches = columns.map((column, i) => `${columnText(column)} <=> b.s${i}`);
  const assignments = columns.map((column, i) =>
    `t.${quoteIdentifier(column.name)} = coalesce(b.t${i}, ${columnOf(column)})`
  );
  return `MERGE INTO ${tableName(table)} AS t
USING (SELECT entry.* FROM (SELECT explode(from_json(:batch, 'array<struct<${fields}>>')) AS entry)) AS b
ON ${matches.join(" AND ")}
WHEN MATCHED AND (${rowGuard(table, selects)}) THEN UPDATE SET ${assignments.join(", ")}`;
}
