/**
 * What else an UPDATE of the columns would set off: in the table, in its descendants, and in the tables
 * to which foreign keys ON UPDATE CASCADE carry the change.
 *
 * A row that moves to another partition is deleted from one table and inserted into another. That fires
 * the row triggers of both events, though neither statement triggers nor rules; and before PostgreSQL 15
 * foreign keys take it for a DELETE.
 */
import { columnNames, reachedCte, treeCte } from "./table_expressions.ts";

/**
 * The query, which gives a `SideEffect` a row; `table` and `columns` are SQL for the table's oid and for
 * the columns' names as an array of text.
 */
export function sideEffectsQuery(table: string, columns: string): string {
  return `
WITH RECURSIVE ${treeCte(table)}, ${reachedCte(table, columns)}, moving(oid) AS (
  SELECT reached.oid FROM reached JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = reached.oid
  WHERE p.partexprs IS NOT NULL
    OR ${columnNames("p.partrelid", "p.partattrs::int2[]")} && reached.columns
  UNION
  SELECT i.inhrelid FROM moving JOIN pg_catalog.pg_inherits i ON i.inhparent = moving.oid
), above(oid) AS (
  SELECT ${table} UNION SELECT i.inhparent FROM above JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.oid
), own(oid) AS (
  -- a partition's rows may refer to those of the other partitions
  SELECT above.oid FROM above UNION SELECT tree.oid FROM tree
)
SELECT 'trigger_or_rule', t.tgname::text FROM reached JOIN pg_catalog.pg_trigger t ON t.tgrelid = reached.oid
WHERE ${isEnabled("t")} AND (t.tgtype & 16) <> 0
  AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
    SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
      -- a generated column changes with the columns it is computed from
      AND (a.attname::text = ANY (reached.columns) OR a.attgenerated <> '')))
UNION
SELECT 'trigger_or_rule', t.tgname::text
FROM moving JOIN pg_catalog.pg_trigger t ON t.tgrelid = moving.oid
WHERE ${isEnabled("t")} AND (t.tgtype & 1) <> 0 AND (t.tgtype & (4 | 8)) <> 0
UNION
SELECT 'fk_delete', k.conname::text
FROM moving JOIN pg_catalog.pg_constraint k ON k.confrelid = moving.oid
WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd')
  AND current_setting('server_version_num')::int < 150000
UNION
SELECT 'trigger_or_rule', r.rulename::text FROM reached JOIN pg_catalog.pg_rewrite r ON r.ev_class = reached.oid
WHERE r.ev_type = '2' AND r.ev_enabled IN ('O', 'A')
UNION
SELECT CASE WHEN k.confupdtype = 'c' THEN 'fk_self_cascade' ELSE 'fk_set_null' END, k.conname::text
FROM reached JOIN pg_catalog.pg_constraint k ON k.confrelid = reached.oid
WHERE k.contype = 'f' AND ${columnNames("k.confrelid", "k.confkey")} && reached.columns
  AND (k.confupdtype IN ('n', 'd')
    OR (k.confupdtype = 'c' AND k.conrelid IN (SELECT own.oid FROM own)
      -- if the referring column changes in the same statement, there is no row left to carry it to
      AND EXISTS (
        SELECT FROM unnest(k.conkey, k.confkey) AS pair(referring, referred)
        WHERE ${columnNames("k.confrelid", "ARRAY[pair.referred]")} && reached.columns
          AND NOT ${columnNames("k.conrelid", "ARRAY[pair.referring]")} <@ reached.columns)))
UNION
SELECT 'fk_self', k.conname::text
FROM own JOIN pg_catalog.pg_constraint k ON k.conrelid = own.oid
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid IN (SELECT own.oid FROM own)
  AND ${columnNames("k.confrelid", "k.confkey")} && ${columns}
  AND ${columnNames("k.conrelid", "k.conkey")} && ${columns}
UNION
SELECT 'fk_cascade', k.conname::text
FROM reached JOIN pg_catalog.pg_constraint k ON k.confrelid = reached.oid
WHERE k.contype = 'f' AND k.confupdtype = 'c' AND k.conrelid NOT IN (SELECT own.oid FROM own)
  AND ${columnNames("k.confrelid", "k.confkey")} && reached.columns
UNION
SELECT 'fk_off', k.conname::text FROM reached JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND (
    (k.confrelid = reached.oid AND ${columnNames("k.confrelid", "k.confkey")} && reached.columns)
    OR (k.conrelid = reached.oid AND ${columnNames("k.conrelid", "k.conkey")} && reached.columns))
  -- there is no such column before version 18
WHERE to_jsonb(k) ->> 'conenforced' = 'false' OR EXISTS (
  SELECT FROM pg_catalog.pg_trigger t
  WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A') AND (t.tgtype & 16) <> 0)
UNION
SELECT 'unidentified', p.pubname::text
FROM reached JOIN pg_catalog.pg_class c ON c.oid = reached.oid
JOIN pg_catalog.pg_publication p ON p.pubupdate
WHERE c.relkind = 'r' AND c.relreplident <> 'f' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
      AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END)
  AND EXISTS (
    SELECT FROM (
      SELECT c.oid UNION SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) AS a(relid)
    ) AS published(oid)
    JOIN pg_catalog.pg_class m ON m.oid = published.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = m.relnamespace
    JOIN pg_catalog.pg_publication_tables t
      ON t.pubname = p.pubname AND t.schemaname = n.nspname AND t.tablename = m.relname)
UNION
SELECT 'unfiltered', p.pubname::text
FROM reached JOIN pg_catalog.pg_class c ON c.oid = reached.oid AND c.relkind = 'r'
CROSS JOIN LATERAL (
  SELECT c.oid, false UNION SELECT a.relid, true FROM pg_catalog.pg_partition_ancestors(c.oid) AS a(relid)
  WHERE a.relid <> c.oid
) AS published(oid, is_above)
JOIN pg_catalog.pg_publication_rel m ON m.prrelid = published.oid
JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid AND p.pubupdate
-- as JSON, since the columns are missing before versions 13 and 15
CROSS JOIN LATERAL (
  SELECT to_jsonb(p) ->> 'pubviaroot' = 'true' AS via_root, to_jsonb(m) -> 'prattrs' AS columns
) AS how
WHERE (how.via_root OR NOT published.is_above) AND (
  (c.relreplident <> 'f' AND EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attribute f ON f.attrelid = d.refobjid AND f.attnum = d.refobjsubid
    -- of a column list, that depends on its columns too, only the filter has to be identified
    WHERE d.classid = 'pg_catalog.pg_publication_rel'::regclass AND d.objid = m.oid
      AND to_jsonb(m) ->> 'prqual' ~ (':varattno ' || d.refobjsubid || ' ')
      AND NOT EXISTS (${identity("f.attname")})))
  OR (jsonb_typeof(how.columns) = 'array' AND (c.relreplident = 'f' OR EXISTS (
    SELECT FROM (${identity()}) AS key(name)
    JOIN pg_catalog.pg_attribute f ON f.attrelid = published.oid AND f.attname = key.name
    WHERE NOT how.columns @> to_jsonb(f.attnum))))
)
ORDER BY 1, 2`;
}

/**
 * SQL for whether a trigger fires in a session that is no replica, as those of runs are, and none of those by
 * which the server enforces keys. Before PostgreSQL 15 `tgisinternal` holds for a partition's copy of its
 * parent's trigger as well.
 */
function isEnabled(trigger: string): string {
  return `${trigger}.tgenabled IN ('O', 'A') AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = ${trigger}.tgconstraint AND k.contype <> 't')`;
}

/** The query for the names of the columns in the replica identity of the table `c`; only `name`, if given. */
function identity(name?: string): string {
  return `SELECT a.attname FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
    WHERE i.indrelid = c.oid
      AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END${
    name === undefined ? "" : ` AND a.attname = ${name}`
  }`;
}
