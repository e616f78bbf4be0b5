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
import { decrypted, unsealed } from "./session_key.ts";
import { columnOf, columnText, rowGuard, rowWith, tableName } from "./table_expressions.ts";

/** What a batch looks like. */
export interface BatchForm {
  /** The parameter, or what stands for it. */
  readonly batch?: string;
  /** Whether `t0`, … are ciphertexts: of values, not tokens. */
  readonly areSealed?: boolean;
}

/**
 * Merges the batch into the table. The session must have the key that the texts were encrypted with, and if
 * `areSealed` the one for values.
 */
export function writeTokensStatement(
  table: CheckedTable,
  selects: Selection,
  { batch = ":batch", areSealed = false }: BatchForm = {},
): string {
  const values = newValues(table);
  const assignments = table.columns.map(({ name }, i) =>
    `t.${quoteIdentifier(name)} = ${values[i]}`
  );
  return `MERGE INTO ${tableName(table)} AS t
USING ${entriesOf(table, { batch, areSealed })}
ON ${matches(table)}
WHEN MATCHED AND (${rowGuard(table, selects)}) THEN UPDATE SET ${assignments.join(", ")}`;
}

/** The rows that it would write, as it would write them. */
export function mergedRows(
  table: CheckedTable,
  selects: Selection,
  { areSealed = false }: BatchForm = {},
): string {
  return `SELECT ${rowWith(table, newValues(table))} FROM ${tableName(table)} AS t
JOIN ${entriesOf(table, { batch: ":batch", areSealed })}
ON ${matches(table)}
WHERE ${rowGuard(table, selects)}`;
}

/** The batch as a table `b` of texts and tokens. */
function entriesOf({ columns }: CheckedTable, { batch, areSealed }: Required<BatchForm>): string {
  const fields = columns.map((_, i) => `e${i}:string,t${i}:string`).join(",");
  const source = columns.map((_, i) => {
    const token = areSealed ? `${unsealed(`entry.t${i}`)} AS t${i}` : `entry.t${i}`;
    return `${decrypted(`entry.e${i}`)} AS s${i}, ${token}`;
  });
  return `(SELECT ${source.join(", ")}
FROM (SELECT explode(from_json(${batch}, 'array<struct<${fields}>>')) AS entry)) AS b`;
}

function matches({ columns }: CheckedTable): string {
  return columns.map((column, i) => `${columnText(column)} <=> b.s${i}`).join(" AND ");
}

/** What the columns are set to. */
function newValues({ columns }: CheckedTable): string[] {
  return columns.map((column, i) => `coalesce(b.t${i}, ${columnOf(column)})`);
}
