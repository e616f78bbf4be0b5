/**
 * What may show a role other values than those stored, or some of the rows only. Stock PostgreSQL has
 * nothing of the kind but row-level security, which is checked apart.
 *
 * Sources: PostgreSQL Anonymizer's documentation, "Dynamic Masking" (the security label MASKED of a
 * role, from any provider: masking policies have names of their own); Amazon Aurora's, "Using dynamic
 * masking" (`pg_columnmask` masks what DML reads, but never for a table's owner or `rds_superuser`);
 * EDB Postgres Advanced Server's, "Data redaction" (the owner and superusers are exempt).
 */
import { treeCte } from "./table_expressions.ts";

/**
 * The query, which gives a `Mask` a row: masked roles that the current role is or is a member of, and
 * products that could mask the table for it. `table` is SQL for the table's oid.
 */
export function masksQuery(table: string): string {
  return `
WITH RECURSIVE ${treeCte(table)}, me AS (
  SELECT r.oid, r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
), product(name) AS (
  SELECT e.extname::text FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_columnmask'
  UNION ALL
  SELECT 'data redaction' WHERE to_regclass('pg_catalog.edb_redaction_policy') IS NOT NULL
)
SELECT 'masked_role', r.rolname::text FROM me
JOIN pg_catalog.pg_shseclabel l ON l.classoid = 'pg_authid'::regclass AND l.label ILIKE 'masked%'
JOIN pg_catalog.pg_roles r ON r.oid = l.objoid
  -- a superuser would count as a member of every role
WHERE r.oid = me.oid OR (NOT me.rolsuper AND pg_has_role(me.oid, r.oid, 'MEMBER'))
UNION
SELECT 'unproven', product.name FROM me CROSS JOIN product
WHERE NOT me.rolsuper
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'rds_superuser'
    AND pg_has_role(me.oid, r.oid, 'MEMBER'))
  AND EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid WHERE c.relowner <> me.oid)
ORDER BY 1, 2`;
}
