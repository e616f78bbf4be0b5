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
import { guard, tableName, treeCte } from "./table_expressions.ts";

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
)
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
}
