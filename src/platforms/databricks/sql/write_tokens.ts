/**
 * Writes one batch of tokens, in one atomic statement.
 *
 * The parameter `batch` is a JSON array of objects with the ciphertexts of a row's texts as they were
 * read (`e0`, …) and their tokens (`t0`, …; null if the column is left as it is). Rows are found by
 * their texts, so one that changed since it was read is left alone, and no primary key is needed.
 *
 * The tokens are in the query history then, and say as much there as in the table. Those of the dummy
 * SDK, which anybody can read back, stay there even after a rotation to another SDK; with push-down,
 * its default, none is sent.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { quoteIdentifier } from "../identifiers.ts";
import type { CheckedTable } from "../table.ts";
import { decrypted } from "./session_key.ts";
import { columnOf, columnText, rowGuard, tableName } from "./table_expressions.ts";

/** Merges the batch into the table. The session must have the key that the texts were encrypted with. */
export function writeTokensStatement(table: CheckedTable, selects: Selection): string {
  const { columns } = table;
  const fields = columns.map((_, i) => `e${i}:string,t${i}:string`).join(",");
  const source = columns.map((_, i) => `${decrypted(`entry.e${i}`)} AS s${i}, entry.t${i}`);
  const matches = columns.map((column, i) => `${columnText(column)} <=> b.s${i}`);
  const assignments = columns.map((column, i) =>
    `t.${quoteIdentifier(column.name)} = coalesce(b.t${i}, ${columnOf(column)})`
  );
  return `MERGE INTO ${tableName(table)} AS t
USING (SELECT ${source.join(", ")}
FROM (SELECT explode(from_json(:batch, 'array<struct<${fields}>>')) AS entry)) AS b
ON ${matches.join(" AND ")}
WHEN MATCHED AND (${rowGuard(table, selects)}) THEN UPDATE SET ${assignments.join(", ")}`;
}
