/**
 * Finds what to ANALYZE after a rewrite, so that each table is sampled once.
 *
 * The parameter is the table's oid.
 */
import { treeCte } from "./table_expressions.ts";

/**
 * A table, as its name stands in SQL, and whether any table of the tree has statistics of something that is
 * computed from columns, or of several columns: ANALYZE of named columns does not collect these.
 */
export type FindAnalyzableRow = [name: string, hasComputed: boolean];

/** Gives a `FindAnalyzableRow` for each of the table and its descendants that the role may ANALYZE. */
export function findAnalyzableStatement(): string {
  return `
WITH RECURSIVE ${treeCte("$1::oid")}, ${relativesCte()}
SELECT name, EXISTS (
  SELECT FROM tree WHERE EXISTS (SELECT FROM pg_catalog.pg_statistic_ext x WHERE x.stxrelid = tree.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = tree.oid AND i.indexprs IS NOT NULL)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = tree.oid AND a.attgenerated <> '')
) FROM relative WHERE NOT above AND maintained AND NOT within_root ORDER BY name`;
}

/**
 * The CTE `relative`: the tree of the table whose oid is the first parameter, and its ancestors, after that
 * of `treeCte`.
 */
export function relativesCte(): string {
  return `ancestor(oid) AS (
  -- tables that this one is a partition of or inherits from, at any distance
  SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = $1::oid
  UNION SELECT i.inhparent FROM pg_catalog.pg_inherits i JOIN ancestor a ON a.oid = i.inhrelid
), relative AS (
  -- the tree and its ancestors, whose statistics sample the tree's rows too
  SELECT c.oid, c.relkind, c.relname, c.relreplident, n.nspname, tree.oid IS NULL AS above,
    c.oid::regclass::text AS name, ${mayMaintain("c")} AS maintained,
    -- ANALYZE of a partitioned table goes through its partitions
    c.oid <> $1::oid AND c.relispartition AND ${mayMaintain("root")} AS within_root
  FROM (SELECT oid FROM tree UNION SELECT oid FROM ancestor) r
  JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class root ON root.oid = $1::oid
  LEFT JOIN tree ON tree.oid = r.oid
)`;
}

/** The same of a plain table, which has no relatives. */
export function plainRelativeCte(): string {
  return `relative AS (
  SELECT c.oid, c.relkind, c.relname, c.relreplident, n.nspname, false AS above,
    c.oid::regclass::text AS name, ${mayMaintain("c")} AS maintained
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid
)`;
}

/** SQL for whether the role may ANALYZE and VACUUM a table. Source: PostgreSQL documentation, "ANALYZE", Notes. */
export function mayMaintain(table: string): string {
  return `(CASE WHEN current_setting('server_version_num')::int >= 170000
    THEN has_table_privilege(${table}.oid, 'MAINTAIN') ELSE false END
    OR pg_has_role(${table}.relowner, 'USAGE')
    OR (SELECT pg_has_role(b.datdba, 'USAGE') FROM pg_catalog.pg_database b WHERE b.datname = current_database()))`;
}
