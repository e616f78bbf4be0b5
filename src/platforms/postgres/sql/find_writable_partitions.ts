/**
 * The partitions of a table, and the tables that inherit from it, that a batch can be written to by
 * their own names. Through their parent each row's address would be looked for in every one of them.
 *
 * Not where a row could have to move to another partition, nor where the role's rights, or policies,
 * are other ones than the parent's.
 *
 * Parameters: the table's oid, and the names of the columns as an array of text.
 */

/** One of them. */
export type DirectTableRow = [oid: string, schema: string, name: string];

/** The statement. */
export function findDirectTablesStatement(): string {
  return `
WITH RECURSIVE member(oid) AS (
  SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN member m ON m.oid = i.inhparent
)
SELECT c.oid::int8, n.nspname::text, c.relname::text
FROM member JOIN pg_class c ON c.oid = member.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND has_schema_privilege(n.oid, 'USAGE')
  AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
  AND NOT row_security_active(c.oid)
  AND NOT EXISTS (
    SELECT FROM member k JOIN pg_partitioned_table p ON p.partrelid = k.oid
    WHERE p.partexprs IS NOT NULL OR EXISTS (
      SELECT FROM pg_attribute a WHERE a.attrelid = p.partrelid
        AND a.attnum = ANY (p.partattrs::int2[]) AND a.attname::text = ANY ($2::text[])))`;
}
