/**
 * What a change of a column's type resets without need: statistics targets of indexes' columns and of
 * extended statistics, which are made again, and what differs in members from the table itself, whose
 * storage and compression a change passes on to them.
 *
 * Source: PostgreSQL's `ATExecAlterColumnType` and `ATPostAlterTypeCleanup`, by trying each version.
 */
import { quoteLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { tableName, treeCte } from "./table_expressions.ts";

/**
 * The query, which gives in each row a statement that restores something after the rewrite. Columns of
 * the catalogue that older versions lack are read by way of JSON.
 */
export function settingsToKeepStatement(table: TargetTable): string {
  const columns = table.columns.map(({ name }) => quoteLiteral(name)).join(", ");
  const compression = (attribute: string) => `to_jsonb(${attribute}) ->> 'attcompression'`;
  return `
WITH RECURSIVE ${treeCte(`${quoteLiteral(tableName(table))}::regclass::oid`)}
SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s',
  i.indexrelid::regclass, a.attnum, a.attstattarget)
FROM tree JOIN pg_catalog.pg_index i ON i.indrelid = tree.oid JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid
WHERE a.attstattarget >= 0
UNION ALL
SELECT format('ALTER STATISTICS %I.%I SET STATISTICS %s',
  n.nspname, s.stxname, to_jsonb(s) ->> 'stxstattarget')
FROM tree JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE (to_jsonb(s) ->> 'stxstattarget')::int >= 0
UNION ALL
SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STORAGE %s', tree.oid::regclass, a.attname,
  CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END)
FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid
JOIN pg_catalog.pg_attribute own ON own.attrelid = ${table.oid} AND own.attname = a.attname
WHERE a.attname IN (${columns}) AND a.attstorage <> own.attstorage
UNION ALL
SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET COMPRESSION %s', tree.oid::regclass, a.attname,
  CASE ${compression("a")} WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE 'default' END)
FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid
JOIN pg_catalog.pg_attribute own ON own.attrelid = ${table.oid} AND own.attname = a.attname
WHERE a.attname IN (${columns}) AND ${compression("a")} <> ${compression("own")}`;
}
