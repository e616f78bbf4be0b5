/**
 * Looks at every place of the catalogue where values of the columns may be left after a rewrite, in
 * one round trip. It gives names and whether, never a value.
 *
 * Parameters: the table's oid, the names of the columns, and those of the type `char(n)`, whose
 * statistics hold the padding, as arrays of text.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { guard } from "./table_expressions.ts";

/** A name as SQL takes it, quoted where it has to be. */
type SqlName = string;

/** What was found, in one row of one column. */
export interface FoundResidue {
  /** The table, its partitions and the tables that inherit from it, as far as they hold rows. */
  readonly tables: readonly SqlName[];
  /** Those of them that the role may VACUUM. */
  readonly vacuumable: readonly SqlName[];
  /** What to ANALYZE, as far as the role may, so that each of them is sampled once. */
  readonly analyzable: readonly SqlName[];
  /** Those of them whose statistics are hidden from the role. */
  readonly hidden: readonly SqlName[];
  /** Those whose statistics hold values; and tables above, which are sampled with them. */
  readonly inStatistics: readonly SqlName[];
  readonly inStatisticsAbove: readonly SqlName[];
  /** Indexes and generated columns made of the columns: what they make of a token is no token. */
  readonly derived: readonly SqlName[];
  /** Statistics objects over several columns, by what is known of them. */
  readonly extended: readonly { readonly name: SqlName; readonly state: ExtendedState }[];
  /** Indexes that store values of the columns. */
  readonly indexes: readonly SqlName[];
  readonly materializedViews: readonly SqlName[];
  /** Tables that foreign keys carried the change to. */
  readonly cascaded: readonly SqlName[];
  readonly publications: readonly SqlName[];
  /** Whether changed rows are decoded with all that they were before. */
  readonly decodesOldRows: boolean;
  /** `server_version_num`. */
  readonly version: number;
}

/** `tokens`: it holds no value. `hidden`: it cannot be seen. `derived`: of expressions. */
export type ExtendedState = "values" | "tokens" | "hidden" | "derived" | "empty";

/** One row of it. */
export type FindResidueRow = [found: FoundResidue];

/** The statement. */
export function findResidueStatement(selects: Selection): string {
  const isValue = guard("v.value", selects);
  return `
WITH RECURSIVE member(oid) AS (
  SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN member m ON m.oid = i.inhparent
), reached(oid, columns) AS (
  SELECT member.oid, $2::text[] COLLATE "C" FROM member
  UNION
  SELECT k.conrelid, ${names("k.conrelid", "k.conkey")} FROM reached JOIN pg_constraint k
    ON k.contype = 'f' AND k.confrelid = reached.oid AND k.confupdtype = 'c'
      AND ${names("k.confrelid", "k.confkey")} && reached.columns
), ancestor(oid) AS (
  SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = $1::oid
  UNION SELECT i.inhparent FROM pg_inherits i JOIN ancestor a ON a.oid = i.inhrelid
), family AS (
  SELECT c.oid, c.relkind, c.relname, c.relreplident, n.nspname, o.oid IS NULL AS above,
    c.oid::regclass::text AS name, ${mayMaintain("c")} AS maintained,
    -- ANALYZE of a partitioned table goes through its partitions
    c.oid <> $1::oid AND c.relispartition AND ${mayMaintain("root")} AS within_root
  FROM (SELECT oid FROM member UNION SELECT oid FROM ancestor) f
  JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class root ON root.oid = $1::oid
  LEFT JOIN member o ON o.oid = f.oid
), attribute AS (
  SELECT f.oid AS table_oid, f.name, f.nspname, f.relname, f.above, a.attnum, a.attname,
    has_column_privilege(f.oid, a.attnum, 'SELECT') AND NOT row_security_active(f.oid) AS visible
  FROM family f JOIN pg_attribute a ON a.attrelid = f.oid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname::text = ANY ($2::text[])
), dirty AS (
  SELECT DISTINCT a.name, a.above FROM attribute a
  JOIN pg_stats s ON s.schemaname = a.nspname AND s.tablename = a.relname AND s.attname = a.attname
  CROSS JOIN LATERAL unnest(
    coalesce(s.most_common_vals::text::text[], '{}') || s.histogram_bounds::text::text[]) u(value)
  CROSS JOIN LATERAL (
    SELECT CASE WHEN s.attname::text = ANY ($3::text[]) THEN rtrim(u.value, ' ') ELSE u.value END) v(value)
  WHERE ${isValue}
), index_over AS (
  SELECT DISTINCT i.indexrelid, i.indrelid, i.indexrelid::regclass::text AS name, am.amname,
    i.indexprs IS NOT NULL AS derived
  FROM attribute a JOIN pg_index i ON i.indrelid = a.table_oid
  JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' JOIN pg_am am ON am.oid = c.relam
  WHERE NOT a.above AND (a.attnum = ANY (i.indkey::int2[]) OR EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.table_oid AND d.refobjsubid = a.attnum))
), generated AS (
  SELECT f.name || '.' || quote_ident(a.attname) AS name
  FROM family f JOIN pg_attribute a ON a.attrelid = f.oid WHERE NOT f.above AND a.attgenerated <> ''
), extended AS (
  SELECT format('%I.%I', n.nspname, x.stxname) AS name, CASE
    WHEN x.stxkind && '{e}' THEN 'derived'
    WHEN s.statistics_name IS NULL THEN 'hidden'
    WHEN s.most_common_vals IS NULL THEN 'empty'
    WHEN EXISTS (
      SELECT FROM generate_subscripts(s.most_common_vals, 1) r, generate_subscripts(s.attnames, 1) k
      CROSS JOIN LATERAL (SELECT CASE WHEN s.attnames[k]::text = ANY ($3::text[])
        THEN rtrim(s.most_common_vals[r][k], ' ') ELSE s.most_common_vals[r][k] END) v(value)
      WHERE s.attnames[k]::text = ANY ($2::text[]) AND ${isValue}) THEN 'values'
    ELSE 'tokens' END AS state
  FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace
  LEFT JOIN pg_stats_ext s ON s.statistics_schemaname = n.nspname AND s.statistics_name = x.stxname
  WHERE x.stxkind && '{m,e}' AND EXISTS (
    SELECT FROM attribute a WHERE a.table_oid = x.stxrelid AND (a.attnum = ANY (x.stxkeys::int2[])
      OR x.stxkind && '{e}'))
), dependent(oid) AS (
  SELECT r.ev_class FROM attribute a JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass
    AND d.refobjid = a.table_oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> a.table_oid
  -- a whole row stands there as attribute number 0, and its columns may not be listed
  WHERE d.refobjsubid = a.attnum OR r.ev_action::text LIKE '%:varattno 0 %'
  UNION
  SELECT r.ev_class FROM dependent v JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass
    AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.oid
), published AS (
  SELECT DISTINCT quote_ident(p.pubname) AS name FROM pg_publication_tables p
  JOIN family f ON f.nspname = p.schemaname AND f.relname = p.tablename
)
SELECT json_build_object(
  'tables', ${list("family WHERE NOT above AND relkind = 'r'")},
  'vacuumable', ${list("family WHERE NOT above AND relkind = 'r' AND maintained")},
  'analyzable', ${list("family WHERE NOT above AND maintained AND NOT within_root")},
  'hidden', ${list("attribute WHERE NOT above AND NOT visible")},
  'inStatistics', ${list("dirty WHERE NOT above")},
  'inStatisticsAbove', ${list("dirty WHERE above")},
  'derived', ${
    list(`(SELECT name FROM index_over WHERE derived UNION SELECT name FROM generated) e`)
  },
  'extended', (SELECT coalesce(json_agg(e ORDER BY e.name), '[]') FROM extended e),
  'indexes', ${list("index_over WHERE amname <> 'hash'")},
  'materializedViews', ${
    list(`(SELECT c.oid::regclass::text AS name FROM dependent d JOIN pg_class c ON c.oid = d.oid
      WHERE c.relkind = 'm' AND c.relispopulated) m`)
  },
  'cascaded', ${
    list(`(SELECT c.oid::regclass::text AS name FROM reached r JOIN pg_class c ON c.oid = r.oid
      WHERE c.relkind = 'r' AND c.oid NOT IN (SELECT member.oid FROM member)) k`)
  },
  'publications', ${list("published")},
  'decodesOldRows', EXISTS (SELECT FROM family WHERE NOT above AND relreplident = 'f')
    AND (EXISTS (SELECT FROM published) OR EXISTS (
      SELECT FROM pg_replication_slots s WHERE s.slot_type = 'logical' AND s.database = current_database())),
  'version', current_setting('server_version_num')::int
)`;
}

/** The names of a constraint's columns. */
function names(table: string, numbers: string): string {
  return `(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = ${table} AND a.attnum = ANY (${numbers}))`;
}

/** The names, each once. */
function list(from: string): string {
  return `(SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM (SELECT DISTINCT name FROM ${from}) l)`;
}

/** Whether the role may ANALYZE and VACUUM it. Source: PostgreSQL documentation, "ANALYZE", Notes. */
function mayMaintain(table: string): string {
  return `(CASE WHEN current_setting('server_version_num')::int >= 170000
    THEN has_table_privilege(${table}.oid, 'MAINTAIN') ELSE false END
    OR pg_has_role(${table}.relowner, 'USAGE')
    OR (SELECT pg_has_role(b.datdba, 'USAGE') FROM pg_database b WHERE b.datname = current_database()))`;
}
