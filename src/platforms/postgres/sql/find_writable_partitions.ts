/**
 * The partitions of a table, and the tables that inherit from it, to which a batch can be written by
 * their own names. An UPDATE through the parent would search each of them for every row.
 *
 * None if a row might have to move to another partition; and not those on which the role has other
 * privileges or policies than on the parent.
 *
 * Parameters: the table's oid, and the names of the columns as an array of text.
 */
import { treeCte } from "./table_expressions.ts";

/** A partition that can be written to. */
export type WritablePartitionRow = [oid: string, schema: string, name: string];

/** Gives a `WritablePartitionRow` for each. */
export function findWritablePartitionsStatement(): string {
  return `
WITH RECURSIVE ${treeCte("$1::oid")}
SELECT c.oid::int8, n.nspname::text, c.relname::text
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND has_schema_privilege(n.oid, 'USAGE')
  AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
  AND NOT row_security_active(c.oid)
  AND NOT EXISTS (
    SELECT FROM tree k JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = k.oid
    WHERE p.partexprs IS NOT NULL OR EXISTS (
      SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = p.partrelid
        AND a.attnum = ANY (p.partattrs::int2[]) AND a.attname::text = ANY ($2::text[])))`;
}
