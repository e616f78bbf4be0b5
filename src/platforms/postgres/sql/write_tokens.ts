/**
 * Writes one batch of tokens back by `ctid`. A NULL token leaves its column as it is.
 *
 * Parameters: arrays of the rows' `ctid`s and of the tokens of each column. A `ctid` is unique within one
 * table only, so a statement that reaches several has the rows' `tableoid`s as a last parameter.
 *
 * In one table, the rows are found by one scan, and each looks up its tokens by the place of its `ctid` in
 * the array, which has to be sorted. A join would scan again for each row, and ask for the file's size each
 * time. `array_append` does not add anything that is used: what it gives is an array of which the server
 * finds each element at once; through a parameter it would go through all elements before it. It is called
 * once, below an outer join whose condition is true: the planner evaluates it there, where it would else
 * be called for each row, or, in a subquery of its own, be copied for each.
 *
 * In several tables, the arrays are taken apart in a SELECT list, row by row. In FROM, each would first be
 * copied to a store of its own.
 *
 * The `ctid` is compared twice. A TID scan does not check it again after it had to wait for another
 * transaction and found a newer version of the row; a condition that no scan can use is checked again.
 */
import { quoteIdentifier } from "../identifiers.ts";
import type { TableName, TargetTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** A statement that takes a batch. */
export interface BatchStatement {
  readonly text: string;
  /** Whether it needs the rows' `tableoid`s. */
  readonly needsOids: boolean;
}

/**
 * The UPDATE; with `only`, for rows of that partition. The tokens are not cast to the columns' types: a
 * cast truncates silently what an assignment refuses.
 */
export function writeTokensStatement(table: TargetTable, only?: TableName): BatchStatement {
  // a table that becomes a descendant meanwhile has rows with the same `ctid`s
  const single = only ?? (table.hasDescendants ? undefined : table);
  const needsOids = single === undefined;
  const target = needsOids ? tableName(table) : `ONLY ${tableName(single)}`;
  const text = needsOids
    ? updateStatement(table, target, batchRows(table, true), true)
    : lookUpStatement(table, target);
  return { text, needsOids };
}

/** The UPDATE of rows that look up their tokens. */
function lookUpStatement(table: TargetTable, target: string): string {
  const place = "width_bucket(t.ctid, $1::tid[])";
  const assignments = table.columns.map(({ name }, i) => {
    const column = quoteIdentifier(name);
    return `${column} = coalesce(batch.tokens_${i}[${place}], t.${column})`;
  });
  const arrays = table.columns.map((_, i) =>
    `array_append($${i + 2}::text[], NULL) AS tokens_${i}`
  );
  // CASE, since of an equation the planner would expect that hardly any row fulfils it
  return `UPDATE ${target} t SET ${assignments.join(", ")}
FROM (SELECT) AS one LEFT JOIN (SELECT ${arrays.join(", ")}) AS batch ON $1::tid[] IS NOT NULL
WHERE t.ctid = ANY ($1::tid[])
  AND CASE WHEN t.ctid = ($1::tid[])[${place}] THEN true ELSE false END`;
}

/** The temporary table that collects batches until the transaction ends. It holds addresses and tokens. */
const STAGE = "pg_temp.tokenize_batch";

/** Makes the table in which batches are collected, to be written by one statement. */
export function createStageStatement(table: TargetTable): string {
  const tokens = table.columns.map((_, i) => `, token_${i} text`);
  return `CREATE TEMPORARY TABLE ${STAGE} (row_ctid tid${
    tokens.join("")
  }, table_oid oid) ON COMMIT DROP`;
}

/** Collects a batch, with the parameters of `writeTokensStatement`. */
export function stageTokensStatement(table: TargetTable): BatchStatement {
  return { text: `INSERT INTO ${STAGE} SELECT * FROM ${batchRows(table, true)}`, needsOids: true };
}

/** Writes all collected batches. */
export function writeStagedStatement(table: TargetTable): string {
  return updateStatement(table, tableName(table), `${STAGE} AS batch`, true);
}

/** The rows of a batch, from the parameters. */
function batchRows(table: TargetTable, withOids: boolean): string {
  const tokens = table.columns.map((_, i) => `unnest($${i + 2}::text[]) AS token_${i}`);
  const oids = withOids ? [`unnest($${tokens.length + 2}::oid[]) AS table_oid`] : [];
  return `(SELECT ${["unnest($1::tid[]) AS row_ctid", ...tokens, ...oids].join(", ")}) AS batch`;
}

function updateStatement(
  table: TargetTable,
  target: string,
  source: string,
  withOids: boolean,
): string {
  const assignments = table.columns.map(({ name }, i) => {
    const column = quoteIdentifier(name);
    return `${column} = coalesce(batch.token_${i}, t.${column})`;
  });
  const oids = withOids ? " AND t.tableoid = batch.table_oid" : "";
  return `UPDATE ${target} t SET ${assignments.join(", ")}
FROM ${source}
WHERE t.ctid = batch.row_ctid${oids} AND t.ctid IS NOT DISTINCT FROM batch.row_ctid`;
}
