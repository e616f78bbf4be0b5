/** Dead rows and materialized views: where old values may be, although nothing that is read shows them. */
import { counted } from "../../../counted.ts";
import type { Finding } from "../../inspection.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { Relation } from "./find_relation.ts";
import { listed, placesCte } from "./places.ts";
import type { InspectedColumn } from "./relation_facts.ts";

const ACTION = "look for old values";

/** What the server counts of a table. */
interface RowCounters {
  /** As it stands in SQL. */
  readonly name: string;
  readonly dead: number;
  readonly live: number;
  /** Rows that were updated or deleted since the counters began. */
  readonly changed: number;
  /** How often it was vacuumed since then. */
  readonly vacuums: number;
  /** Whether it has no page. */
  readonly isEmpty: boolean;
}

/** Parameters: the oid of the table; the names of the columns. */
const LEFT_BEHIND = `
WITH RECURSIVE ${placesCte("$1::oid", "$2::text[]")}, dependent(oid) AS (
  -- views on the columns, and views on those views; a reference to the whole row is attribute number 0
  SELECT r.ev_class FROM place
  JOIN pg_catalog.pg_attribute a ON a.attrelid = place.oid AND a.attname::text = place.attname
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = place.oid
    AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> place.oid
  WHERE d.refobjsubid = a.attnum OR r.ev_action::text LIKE '%:varattno 0 %'
  UNION
  SELECT r.ev_class FROM dependent v
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = v.oid
    AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> v.oid
)
SELECT json_build_object(
  'tables', (
    SELECT coalesce(json_agg(json_build_object(
      'name', c.oid::regclass::text, 'dead', s.n_dead_tup, 'live', s.n_live_tup,
      'changed', s.n_tup_upd + s.n_tup_del, 'vacuums', s.vacuum_count + s.autovacuum_count,
      'isEmpty', pg_relation_size(c.oid) = 0
    ) ORDER BY c.oid::regclass::text), '[]')
    FROM (SELECT DISTINCT oid FROM place WHERE NOT above) AS p
    JOIN pg_catalog.pg_class c ON c.oid = p.oid AND c.relkind = 'r'
    JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
  ),
  'materializedViews', (
    SELECT coalesce(json_agg(c.oid::regclass::text ORDER BY c.oid::regclass::text), '[]')
    FROM dependent JOIN pg_catalog.pg_class c ON c.oid = dependent.oid
    WHERE c.relkind = 'm' AND c.relispopulated
  )
)`;

/** What the statement gives. */
interface LeftBehind {
  readonly tables: readonly RowCounters[];
  readonly materializedViews: readonly string[];
}

/** Finds dead rows, by the server's counters, and materialized views over the columns. */
export async function inspectLeftBehind(
  session: Session,
  { oid }: Relation,
  columns: readonly InspectedColumn[],
): Promise<Finding[]> {
  const names = arrayLiteral(columns.map(({ name }) => name));
  const { rows } = await session.query<[LeftBehind]>(ACTION, LEFT_BEHIND, [String(oid), names]);
  const [{ tables, materializedViews }] = rows[0]!;
  return [deadRows(tables), views(materializedViews)];
}

/**
 * Dead rows are what UPDATE and DELETE leave until VACUUM. Their content cannot be read, so that they hold
 * old values can neither be shown nor ruled out.
 */
function deadRows(tables: readonly RowCounters[]): Finding {
  const check = "dead_rows";
  const withDead = tables.filter(({ dead }) => dead > 0);
  if (withDead.length > 0) {
    const dead = withDead.reduce((sum, each) => sum + each.dead, 0);
    const names = withDead.map(({ name }) => name);
    return {
      check,
      state: "could_not_tell",
      detail: `${counted(dead, "dead row")}, which may hold old values, in ${listed(names)}`,
      command: `VACUUM (INDEX_CLEANUP ON) ${names.join(", ")}`,
    };
  }
  const unknown = tables.filter((each) => !isCounted(each)).map(({ name }) => name);
  if (unknown.length === 0) return { check, state: "clean" };
  return {
    check,
    state: "could_not_tell",
    detail: `the server has no counters, or no VACUUM since rows were changed: ${listed(unknown)}`,
    command: `VACUUM (INDEX_CLEANUP ON) ${unknown.join(", ")}`,
  };
}

/** Whether the counters speak of all rows, and say that nothing was left or that it was removed. */
function isCounted({ changed, vacuums, live, isEmpty }: RowCounters): boolean {
  // counters begin again after a crash, and know of nothing before that
  return isEmpty || vacuums > 0 || (changed === 0 && live > 0);
}

function views(names: readonly string[]): Finding {
  const check = "materialized_views";
  if (names.length === 0) return { check, state: "clean" };
  return {
    check,
    state: "could_not_tell",
    detail: `they hold what they read at their last refresh: ${listed(names)}`,
    command: names.map((name) => `REFRESH MATERIALIZED VIEW ${name}`).join("; "),
  };
}
