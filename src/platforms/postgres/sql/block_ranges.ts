/**
 * Ranges of a table's blocks, so that several connections can work on disjoint parts of it. A range
 * holds the same blocks of every partition, so partitions need no handling of their own.
 */
import type { CheckedTable } from "../lookup/check_table.ts";
import { quoteLiteral } from "../identifiers.ts";
import { tableName } from "./table_expressions.ts";

/** Blocks from `from` up to, but not including, `to`. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** How many blocks the table, or its largest partition, has now, as `int8` in text. */
export function countBlocksStatement(table: CheckedTable): string {
  return `WITH RECURSIVE member(oid) AS (
  SELECT ${quoteLiteral(tableName(table))}::regclass::oid
  UNION SELECT i.inhrelid FROM pg_inherits i JOIN member m ON m.oid = i.inhparent
)
SELECT coalesce(max(pg_relation_size(c.oid)) / current_setting('block_size')::int8, 0)
FROM member JOIN pg_class c ON c.oid = member.oid AND c.relkind = 'r'`;
}

/** `AND` the row `t` is within the range; nothing where there is none. */
export function inRange(range: BlockRange | undefined): string {
  if (range === undefined) return "";
  return ` AND t.ctid >= '(${range.from},0)'::tid AND t.ctid < '(${range.to},0)'::tid`;
}
