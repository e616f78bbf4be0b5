/**
 * Checks every place of the catalogue where values of the columns may be left after a rewrite, in one
 * round trip. It gives the names of the places, and never a value.
 *
 * Parameters: the table's oid; the names of the columns, and of those of type `char(n)`, whose statistics
 * include the padding, as arrays of text.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { plainRelativeCte, relativesCte } from "./find_analyzable.ts";
import { guard } from "./guards.ts";
import { columnNames, treeCte } from "./table_expressions.ts";

/** A name as it stands in SQL, quoted if it has to be. */
type SqlName = string;

/** What was found. */
export interface FoundResidue {
  /** The table and its descendants, without partitioned tables, which hold no rows. */
  readonly tables: readonly SqlName[];
  /** Those of `tables` that the role may VACUUM. */
  readonly vacuumable: readonly SqlName[];
  /** Tables whose statistics are hidden from the role. */
  readonly hidden: readonly SqlName[];
  /** Tables whose statistics hold values. */
  readonly inStatistics: readonly SqlName[];
  /** Ancestors of the table, which are sampled with it, whose statistics hold values. */
  readonly inStatisticsAbove: readonly SqlName[];
  /** Indexes and generated columns computed from the columns: of a token they make something else. */
  readonly derived: readonly SqlName[];
  /** Extended statistics objects. */
  readonly extended: readonly { readonly name: SqlName; readonly state: ExtendedState }[];
  /** Indexes that store values of the columns. */
  readonly indexes: readonly SqlName[];
  readonly materializedViews: readonly SqlName[];
  /** Tables to which foreign keys carried the change. */
  readonly cascaded: readonly SqlName[];
  readonly publications: readonly SqlName[];
  /** Whether logical decoding shows the whole old row of a change. */
  readonly decodesOldRows: boolean;
  /** `server_version_num`. */
  readonly version: number;
}

/**
 * What an extended statistics object holds: values; only tokens; unknown, since the role may not read it
 * (`hidden`) or since it is about expressions (`derived`); or nothing yet.
 */
export type ExtendedState = "values" | "tokens" | "hidden" | "derived" | "empty";

/** The one row of the result. */
export type FindResidueRow = [found: FoundResidue];

/** Gives a `FindResidueRow`. Of a plain table less is searched, as there can be nothing else. */
export function findResidueStatement(
  selects: Selection,
  { isPlain }: Pick<TargetTable, "isPlain">,
): string {
  const isValue = guard("v.value", selects);
  return `
WITH RECURSIVE ${isPlain ? plainRelativeCte() : reachedCtes()}, attribute AS (
  -- the columns in each of them, and whether the role sees their statistics
  SELECT r.oid AS table_oid, r.name, r.nspname, r.relname, r.above, a.attnum, a.attname,
    has_column_privilege(r.oid, a.attnum, 'SELECT') AND NOT row_security_active(r.oid) AS visible
  FROM relative r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname::text = ANY ($2::text[])
), dirty AS (
  -- tables with a value among a column's most common values or histogram bounds
  SELECT DISTINCT a.name, a.above FROM attribute a
  -- kept apart by OFFSET, since the planner would rather read the statistics of all tables
  CROSS JOIN LATERAL (
    SELECT s.attname, s.most_common_vals, s.histogram_bounds FROM pg_catalog.pg_stats s
    WHERE s.schemaname = a.nspname AND s.tablename = a.relname AND s.attname = a.attname OFFSET 0) s
  CROSS JOIN LATERAL unnest(
    coalesce(s.most_common_vals::text::text[], '{}') || s.histogram_bounds::text::text[]) u(value)
  CROSS JOIN LATERAL (
    SELECT CASE WHEN s.attname::text = ANY ($3::text[]) THEN rtrim(u.value, ' ') ELSE u.value END) v(value)
  WHERE ${isValue}
), ${isPlain ? plainIndexesCte() : derivedCtes(isValue)}, dependent(oid) AS (
  -- views on the columns, and views on those views
  SELECT r.ev_class FROM attribute a JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.refobjid = a.table_oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> a.table_oid
  -- a reference to the whole row is attribute number 0, and need not list its columns
  WHERE d.refobjsubid = a.attnum OR r.ev_action::text LIKE '%:varattno 0 %'
  UNION
  SELECT r.ev_class FROM dependent v JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.refobjid = v.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.oid
)
SELECT json_build_object(
  'tables', ${list("relative WHERE NOT above AND relkind = 'r'")},
  'vacuumable', ${list("relative WHERE NOT above AND relkind = 'r' AND maintained")},
  'hidden', ${list("attribute WHERE NOT above AND NOT visible")},
  'inStatistics', ${list("dirty WHERE NOT above")},
  'indexes', ${list("index_over WHERE amname <> 'hash'")},
  'materializedViews', ${
    list(
      `(SELECT c.oid::regclass::text AS name FROM dependent d JOIN pg_catalog.pg_class c ON c.oid = d.oid
      WHERE c.relkind = 'm' AND c.relispopulated) m`,
    )
  },
  ${isPlain ? NOTHING_ELSE : otherPlaces()},
  'decodesOldRows', EXISTS (SELECT FROM relative WHERE NOT above AND relreplident = 'f')
    AND (${isPlain ? "false" : "EXISTS (SELECT FROM published)"} OR EXISTS (
      SELECT FROM pg_catalog.pg_replication_slots s WHERE s.slot_type = 'logical' AND s.database = current_database())),
  'version', current_setting('server_version_num')::int
)`;
}

/** The table with its relatives, and the tables that the change reaches. */
function reachedCtes(): string {
  return `${treeCte("$1::oid")}, reached(oid, columns) AS (
  -- the tree, and tables to which foreign keys ON UPDATE CASCADE carry the change, with the columns
  SELECT tree.oid, $2::text[] COLLATE "C" FROM tree
  UNION
  SELECT k.conrelid, ${
    columnNames("k.conrelid", "k.conkey")
  } FROM reached JOIN pg_catalog.pg_constraint k
    ON k.contype = 'f' AND k.confrelid = reached.oid AND k.confupdtype = 'c'
      AND ${columnNames("k.confrelid", "k.confkey")} && reached.columns
), ${relativesCte()}`;
}

/** Indexes on the columns. */
function plainIndexesCte(): string {
  return `index_over AS (
  SELECT DISTINCT i.indexrelid::regclass::text AS name, am.amname
  FROM attribute a JOIN pg_catalog.pg_index i ON i.indrelid = a.table_oid AND a.attnum = ANY (i.indkey::int2[])
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am am ON am.oid = c.relam
)`;
}

/** What is computed from the columns, and what publishes them; `isValue` is SQL for whether `v.value` is a value. */
function derivedCtes(isValue: string): string {
  return `index_over AS (
  -- indexes on the columns, or on expressions or predicates that use them
  SELECT DISTINCT i.indexrelid, i.indrelid, i.indexrelid::regclass::text AS name, am.amname,
    i.indexprs IS NOT NULL AS derived
  FROM attribute a JOIN pg_catalog.pg_index i ON i.indrelid = a.table_oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' JOIN pg_catalog.pg_am am ON am.oid = c.relam
  WHERE NOT a.above AND (a.attnum = ANY (i.indkey::int2[]) OR EXISTS (
    SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.table_oid AND d.refobjsubid = a.attnum))
), generated AS (
  -- generated columns
  SELECT r.name || '.' || quote_ident(a.attname) AS name
  FROM relative r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid WHERE NOT r.above AND a.attgenerated <> ''
), extended AS (
  -- extended statistics with most common values (m) or on expressions (e)
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
  FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace
  LEFT JOIN pg_catalog.pg_stats_ext s ON s.statistics_schemaname = n.nspname AND s.statistics_name = x.stxname
  WHERE x.stxkind && '{m,e}' AND EXISTS (
    SELECT FROM attribute a WHERE a.table_oid = x.stxrelid AND (a.attnum = ANY (x.stxkeys::int2[])
      OR x.stxkind && '{e}'))
), published AS (
  -- publications of the tree or its ancestors
  SELECT DISTINCT quote_ident(p.pubname) AS name FROM pg_catalog.pg_publication_tables p
  JOIN relative r ON r.nspname = p.schemaname AND r.relname = p.tablename
)`;
}

/** SQL for the fields of what plain tables cannot have. */
function otherPlaces(): string {
  return `'inStatisticsAbove', ${list("dirty WHERE above")},
  'derived', ${
    list(`(SELECT name FROM index_over WHERE derived UNION SELECT name FROM generated) e`)
  },
  'extended', (SELECT coalesce(json_agg(e ORDER BY e.name), '[]') FROM extended e),
  'cascaded', ${
    list(
      `(SELECT c.oid::regclass::text AS name FROM reached r JOIN pg_catalog.pg_class c ON c.oid = r.oid
      WHERE c.relkind = 'r' AND c.oid NOT IN (SELECT tree.oid FROM tree)) k`,
    )
  },
  'publications', ${list("published")}`;
}

const NOTHING_ELSE = ["inStatisticsAbove", "derived", "extended", "cascaded", "publications"].map((
  field,
) => `'${field}', '[]'::json`).join(", ");

/** SQL for a JSON array of the names, each once, in order. */
function list(from: string): string {
  return `(SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM (SELECT DISTINCT name FROM ${from}) l)`;
}
