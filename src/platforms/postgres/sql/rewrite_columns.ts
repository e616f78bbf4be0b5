/**
 * Rewrites the table and its indexes once, by giving each column its own type again, with the token
 * as the conversion. Needs the table's owner and an exclusive lock.
 *
 * The collation, storage and compression of a column are restated, since such a change resets them. The token is
 * not cast to the type: a cast truncates silently what an assignment refuses.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { guard } from "./guards.ts";
import { tableName, treeCte } from "./table_expressions.ts";

/** The ALTER TABLE; `token` gives SQL for the token of an SQL operand. */
export function rewriteColumnsStatement(
  table: TargetTable,
  selects: Selection,
  token: (operand: string) => string,
): string {
  const actions = table.columns.flatMap(({ name, type, collation, storage, compression }) => {
    const column = quoteIdentifier(name);
    const collate = collation === null ? "" : ` COLLATE ${collation}`;
    const text = `${column}::text`;
    const conversion = `CASE WHEN ${guard(text, selects)} THEN ${token(text)} ELSE ${text} END`;
    return [
      `ALTER COLUMN ${column} TYPE ${type}${collate} USING ${conversion}`,
      ...(storage === null ? [] : [`ALTER COLUMN ${column} SET STORAGE ${storage}`]),
      ...(compression === null ? [] : [`ALTER COLUMN ${column} SET COMPRESSION ${compression}`]),
    ];
  });
  return `ALTER TABLE ${tableName(table)} ${actions.join(", ")}`;
}

/** What a rewrite depends on. */
export type RewriteConditions = [
  /** Whether the role owns every table of the tree. */
  isOwner: boolean,
  /** Whether one of them is published. */
  isPublished: boolean,
  /** Whether it was made from a composite type, which has the types of its columns. */
  isTyped: boolean,
  /** Those of the columns that the table inherits, and so has the types of. */
  inherited: string[],
  /** The names of event triggers that ALTER TABLE fires. */
  eventTriggers: string[],
  /** What is made of the columns, so that their types cannot be changed: `view "adults"`. */
  dependents: string[],
];

/** Gives one row, the `RewriteConditions`. */
export function rewriteConditionsStatement(table: TargetTable): string {
  const columns = table.columns.map(({ name }) => quoteLiteral(name)).join(", ");
  return `WITH RECURSIVE ${treeCte(`${quoteLiteral(tableName(table))}::regclass::oid`)}
SELECT bool_and(pg_has_role(c.relowner, 'USAGE')), bool_or(EXISTS (
  SELECT FROM pg_catalog.pg_publication_tables p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
)), bool_or(c.reloftype <> 0), (
  SELECT coalesce(json_agg(a.attname), '[]'::json) FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = ${table.oid} AND a.attname IN (${columns}) AND a.attinhcount > 0
), (
  SELECT coalesce(json_agg(e.evtname), '[]'::json) FROM pg_catalog.pg_event_trigger e
  WHERE e.evtenabled IN ('O', 'A') AND (e.evttags IS NULL OR 'ALTER TABLE' = ANY (e.evttags))
    AND e.evtevent IN ('table_rewrite', 'ddl_command_start', 'ddl_command_end', 'sql_drop')
), (
  SELECT coalesce(json_agg(dependent.name ORDER BY dependent.name), '[]'::json)
  FROM (${dependents(columns)}) AS dependent(name) WHERE dependent.name IS NOT NULL
)
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
}

/**
 * The query for the names of what ALTER TABLE refuses to change with a column; `columns` is a list of SQL
 * literals.
 *
 * Source: PostgreSQL's `RememberAllDependentForRebuilding` and `find_composite_type_dependencies`.
 */
function dependents(columns: string): string {
  const isOf = (catalogue: string) => `d.classid = 'pg_catalog.${catalogue}'::regclass`;
  const named = (what: string, name: string) => `format('${what} "%s"', ${name})`;
  return `
  SELECT CASE
    WHEN ${isOf("pg_rewrite")} THEN (
      SELECT CASE WHEN r.ev_type = '1' THEN ${named("view", "v.relname")} ELSE ${
    named("rule", "r.rulename")
  } END
      FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class v ON v.oid = r.ev_class WHERE r.oid = d.objid)
    WHEN ${isOf("pg_trigger")} THEN (
      SELECT ${named("trigger", "g.tgname")} FROM pg_catalog.pg_trigger g WHERE g.oid = d.objid)
    WHEN ${isOf("pg_policy")} THEN (
      SELECT ${named("policy", "y.polname")} FROM pg_catalog.pg_policy y WHERE y.oid = d.objid)
    WHEN ${isOf("pg_proc")} THEN (
      SELECT ${named("function", "f.proname")} FROM pg_catalog.pg_proc f WHERE f.oid = d.objid)
    WHEN ${isOf("pg_attrdef")} THEN (
      SELECT ${named("generated column", "g.attname")} FROM pg_catalog.pg_attrdef e
      JOIN pg_catalog.pg_attribute g ON g.attrelid = e.adrelid AND g.attnum = e.adnum
      WHERE e.oid = d.objid AND (e.adrelid, e.adnum) <> (a.attrelid, a.attnum))
    -- before PostgreSQL 15 the generated column itself depends on what it is made of
    WHEN ${isOf("pg_class")} AND d.objid = a.attrelid AND d.objsubid <> 0 THEN (
      SELECT ${named("generated column", "g.attname")} FROM pg_catalog.pg_attribute g
      WHERE g.attrelid = d.objid AND g.attnum = d.objsubid)
  END
  FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attname IN (${columns})
  JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
  UNION
  SELECT ${named("partition key of", "k.relname")}
  FROM tree JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = tree.oid
  JOIN pg_catalog.pg_class k ON k.oid = tree.oid
  JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attname IN (${columns})
  WHERE a.attnum = ANY (p.partattrs::int2[]) OR EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE p.partexprs IS NOT NULL AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = tree.oid
      AND d.objsubid = 0 AND d.refobjid = tree.oid AND d.refobjsubid = a.attnum)
  UNION
  SELECT ${
    named("column", "a.attname")
  } FROM tree JOIN pg_catalog.pg_type t ON t.typrelid = tree.oid
  JOIN pg_catalog.pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
  JOIN pg_catalog.pg_class o ON o.oid = a.attrelid AND o.relkind IN ('r', 'p', 'm')`;
}
