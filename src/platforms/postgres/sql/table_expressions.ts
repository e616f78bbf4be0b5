/** The pieces of SQL that several statements share: the table, its descendants, its columns, the guard. */
import type { Selection } from "../../../tokens/selection.ts";
import { quoteIdentifier } from "../identifiers.ts";
import type { TableName, TargetTable } from "../table.ts";
import { beginningGuard, guard } from "./guards.ts";

/** The table's name, for any `search_path`. */
export function tableName(table: TableName): string {
  return `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
}

/**
 * The recursive CTE `tree(oid)`: the table whose oid is `root`, an SQL expression, and all its
 * descendants, which are partitions and tables that inherit.
 */
export function treeCte(root: string): string {
  return `tree(oid) AS (
  SELECT ${root} UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree parent ON parent.oid = i.inhparent
)`;
}

/**
 * The names of a table's columns, as `text[]`; `table` and `numbers` are SQL for its oid and for their
 * attribute numbers.
 */
export function columnNames(table: string, numbers: string): string {
  return `(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = ${table} AND a.attnum = ANY (${numbers}))`;
}

/**
 * The recursive CTE `reached(oid, columns)`: the table, its descendants, and the tables to which foreign
 * keys ON UPDATE CASCADE carry a change of the columns, each with those of its columns that change.
 * `table` and `columns` are SQL for the oid and for the names as an array of text.
 */
export function reachedCte(table: string, columns: string): string {
  return `reached(oid, columns) AS (
  SELECT ${table}, ${columns} COLLATE "C"
  UNION
  SELECT next.oid, next.columns FROM reached CROSS JOIN LATERAL (
    SELECT i.inhrelid, reached.columns FROM pg_catalog.pg_inherits i WHERE i.inhparent = reached.oid
    UNION ALL
    SELECT k.conrelid, ${columnNames("k.conrelid", "k.conkey")} FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.confrelid = reached.oid AND k.confupdtype = 'c'
      AND ${columnNames("k.confrelid", "k.confkey")} && reached.columns
  ) AS next(oid, columns)
)`;
}

/**
 * The query for the type under all domains of an attribute, a row of `pg_attribute`: its name if it is
 * built in or `citext`, and the most characters that it holds, NULL if it has no limit.
 */
export function baseTypeOf(attribute: string): string {
  return `WITH RECURSIVE layer(type_oid, typmod, depth) AS (
        SELECT ${attribute}.atttypid, ${attribute}.atttypmod, 0
        UNION ALL
        SELECT t.typbasetype, CASE WHEN layer.typmod = -1 THEN t.typtypmod ELSE layer.typmod END, layer.depth + 1
        FROM layer JOIN pg_catalog.pg_type t ON t.oid = layer.type_oid WHERE t.typtype = 'd'
      )
      SELECT CASE WHEN t.typname IN ('varchar', 'bpchar') AND t.typnamespace = 'pg_catalog'::regnamespace
          AND layer.typmod > 4 THEN layer.typmod - 4 END AS max_length,
        CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace
          OR (t.typname = 'citext' AND t.typtype = 'b') THEN t.typname::text END AS type_name
      FROM layer JOIN pg_catalog.pg_type t ON t.oid = layer.type_oid ORDER BY layer.depth DESC LIMIT 1`;
}

/** A column of the row `t`, as text; of `char(n)` without its padding. */
export function columnText(column: string): string {
  return `t.${quoteIdentifier(column)}::text`;
}

/**
 * True if any of the run's columns holds a text that may be selected by how it begins. Undefined if that
 * does not tell.
 */
export function beginningsGuard(table: TargetTable, selection: Selection): string | undefined {
  const guards = table.columns.map(({ name }) => beginningGuard(columnText(name), selection));
  return guards.includes(undefined) ? undefined : guards.map((each) => `(${each})`).join(" OR ");
}

/** True if the column of the row `t` holds a selected text. */
export function columnGuard(column: string, selection: Selection): string {
  return guard(columnText(column), selection);
}

/** True if any of the run's columns holds a selected text. */
export function rowGuard(table: TargetTable, selection: Selection): string {
  return table.columns.map(({ name }) => `(${columnGuard(name, selection)})`).join(" OR ");
}

/**
 * The condition of a WHERE that a row fulfils if `rowGuard` is true of it. The planner would try the patterns
 * on the statistics of each column, which takes as long as a small table, and the plan is the same. Of a CASE
 * it guesses. An index may find what patterns include, so there it may estimate.
 */
export function selectedRows(guard: string, { include }: Selection): string {
  return include === undefined ? `CASE WHEN ${guard} THEN true END` : `(${guard})`;
}
