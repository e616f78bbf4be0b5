/**
 * How far another session has come with an UPDATE that is not committed: PostgreSQL reports nothing of it, but
 * everybody sees in the old version of a row, in `xmax`, which transaction has replaced it.
 *
 * Every so many blocks one is read, of every partition alike, so that a partition counts by its size. What
 * leaves the database are numbers.
 *
 * Source: PostgreSQL's documentation, "System Columns" and "pg_locks".
 */
import type { Selection } from "../../../tokens/selection.ts";
import { quoteLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { rowGuard, tableName, treeCte } from "./table_expressions.ts";
import { runLockHolder } from "./try_lock_run.ts";

/** About how many blocks are read. */
const SAMPLED_BLOCKS = 100;
/** What a row takes at least: its header and its line pointer. */
const MIN_ROW_BYTES = 28;

/** Which blocks to read. Blocks of partitions are numbered from 0 in each. */
export interface BlockSample {
  /** Every so many blocks one is read. */
  readonly step: number;
  /** How many blocks the largest partition has, or the table. */
  readonly blocks: number;
  /** How many rows a block holds at most, as far as is known. */
  readonly lines?: number;
}

/** Whether the role may read what a sample needs, and the sample. */
export type FindSampleRow = readonly [mayRead: boolean, step: number, blocks: number];

/** Gives a `FindSampleRow` for the table as it is now. */
export function findSampleStatement(table: TargetTable): string {
  const oid = `${quoteLiteral(tableName(table))}::regclass::oid`;
  const readable = ["ctid", "xmax"].map((column) =>
    `has_column_privilege(${oid}, '${column}', 'SELECT')`
  );
  return `WITH RECURSIVE ${treeCte(oid)}
SELECT ${readable.join(" AND ")},
  greatest(1, ceil(coalesce(sum(part.blocks), 0) / ${SAMPLED_BLOCKS}))::int4,
  coalesce(max(part.blocks), 0)::int4
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid AND c.relkind = 'r'
CROSS JOIN LATERAL (
  SELECT pg_relation_size(c.oid) / current_setting('block_size')::int8 AS blocks
) part`;
}

/** Rows of a sample, those of them with something to convert, and the most in a block, gaps included. */
export type SampledRow = readonly [rows: number, selected: number, lines: number];

/** Gives a `SampledRow`. */
export function countSampleStatement(
  table: TargetTable,
  selects: Selection,
  sample: BlockSample,
): string {
  return `SELECT count(*)::int4, count(*) FILTER (WHERE ${rowGuard(table, selects)})::int4,
  coalesce(max((t.ctid::text::point)[1]), 0)::int4
FROM ${tableName(table)} t WHERE ${inSample(sample)}`;
}

/** Gives how many rows of the sample the run has replaced; NULL if it is not seen on this server. */
export function countReplacedStatement(table: TargetTable, sample: BlockSample): string {
  return `WITH run AS (
  SELECT array_agg(l.transactionid) AS xids FROM pg_catalog.pg_locks l
  WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
    AND l.pid IN (${runLockHolder(String(table.oid))})
)
SELECT CASE WHEN (SELECT xids FROM run) IS NULL THEN NULL ELSE (
  SELECT count(*) FROM ${tableName(table)} t
  WHERE ${inSample(sample)} AND t.xmax = ANY ((SELECT xids FROM run)::xid[])
) END::int4`;
}

/** The row `t` is in the sample. Addresses that have no row cost little. */
function inSample({ step, blocks, lines }: BlockSample): string {
  const first = Math.floor(Math.min(step, blocks) / 2);
  const last = lines ?? `current_setting('block_size')::int / ${MIN_ROW_BYTES}`;
  return `t.ctid = ANY (ARRAY(
    SELECT format('(%s,%s)', block, line)::tid FROM generate_series(${first}, ${
    blocks - 1
  }, ${step}) block,
      generate_series(1, ${last}) line
  ))`;
}
