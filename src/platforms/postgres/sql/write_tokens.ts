/**
 * Writes one batch of tokens back by `ctid`. A NULL token leaves its column as it is.
 *
 * Parameters: arrays of the rows' `tableoid`s and `ctid`s, and of the tokens of each column.
 * A `ctid` is unique within one table only, so partitions need both.
 *
 * The `ctid` is compared twice. A TID scan does not check it again after it had to wait for another
 * transaction and found a newer version of the row; a condition that no scan can use is checked again.
 */
import { quoteIdentifier } from "../identifiers.ts";
import type { TableName, TargetTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/**
 * The UPDATE; with `only`, for rows of that partition. The tokens are not cast to the columns' types: a
 * cast truncates silently what an assignment refuses.
 */
export function writeTokensStatement(table: TargetTable, only?: TableName): string {
  return updateStatement(table, batchRows(table), only);
}

/** The temporary table that collects batches until the transaction ends. It holds addresses and tokens. */
const STAGE = "pg_temp.tokenize_batch";

/** Makes the table in which batches are collected, to be written by one statement. */
export function createStageStatement(table: TargetTable): string {
  const tokens = table.columns.map((_, i) => `, token_${i} text`);
  return `CREATE TEMPORARY TABLE ${STAGE} (table_oid oid, row_ctid tid${
    tokens.join("")
  }) ON COMMIT DROP`;
}

/** Collects a batch, with the parameters of `writeTokensStatement`. */
export function stageTokensStatement(table: TargetTable): string {
  return `INSERT INTO ${STAGE} SELECT * FROM ${batchRows(table)}`;
}

/** Writes all collected batches. */
export function writeStagedStatement(table: TargetTable): string {
  return updateStatement(table, `${STAGE} AS batch`);
}

/** The rows of a batch, from the parameters. */
function batchRows(table: TargetTable): string {
  const arrays = table.columns.map((_, i) => `$${i + 3}::text[]`);
  const tokens = table.columns.map((_, i) => `token_${i}`);
  return `unnest($1::oid[], $2::tid[], ${arrays.join(", ")})
  AS batch(table_oid, row_ctid, ${tokens.join(", ")})`;
}

function updateStatement(table: TargetTable, source: string, only?: TableName): string {
  const tokens = table.columns.map((_, i) => `token_${i}`);
  const assignments = table.columns.map(({ name }, i) => {
    const column = quoteIdentifier(name);
    return `${column} = coalesce(batch.${tokens[i]}, t.${column})`;
  });
  const target = only === undefined ? tableName(table) : `ONLY ${tableName(only)}`;
  return `UPDATE ${target} t SET ${assignments.join(", ")}
FROM ${source}
WHERE t.ctid = batch.row_ctid AND t.tableoid = batch.table_oid
  AND t.ctid IS NOT DISTINCT FROM batch.row_ctid`;
}
