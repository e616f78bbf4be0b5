/**
 * Ranges of a table's blocks, so that several connections can work on disjoint parts of it. A range
 * holds the same blocks of every partition, so partitions need no handling of their own.
 */
import { quoteLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { tableName, treeCte } from "./table_expressions.ts";

/** Blocks from `from` up to, but not including, `to`. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** How many blocks the table, or its largest partition, has now, as `int8` in text. */
export function countBlocksStatement(table: TargetTable): string {
  return `WITH RECURSIVE ${treeCte(`${quoteLiteral(tableName(table))}::regclass::oid`)}
SELECT coalesce(max(pg_relation_size(c.oid)) / current_setting('block_size')::int8, 0)
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid AND c.relkind = 'r'`;
}

/** `AND` the row `t` is within the range; empty without a range. */
export function inRange(range: BlockRange | undefined): string {
  if (range === undefined) return "";
  return ` AND t.ctid >= '(${range.from},0)'::tid AND t.ctid < '(${range.to},0)'::tid`;
}
