/**
 * Rewrites the table and its indexes once, by giving each column its own type again, with the token
 * as the conversion. Needs the table's owner and an exclusive lock.
 *
 * The collation and the storage of a column are restated, since such a change resets them. The token is
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
  const actions = table.columns.flatMap(({ name, type, collation, storage }) => {
    const column = quoteIdentifier(name);
    const collate = collation === null ? "" : ` COLLATE ${collation}`;
    const text = `${column}::text`;
    const conversion = `CASE WHEN ${guard(text, selects)} THEN ${token(text)} ELSE ${text} END`;
    return [
      `ALTER COLUMN ${column} TYPE ${type}${collate} USING ${conversion}`,
      ...(storage === null ? [] : [`ALTER COLUMN ${column} SET STORAGE ${storage}`]),
    ];
  });
  return `ALTER TABLE ${tableName(table)} ${actions.join(", ")}`;
}

/** What a rewrite depends on: whether the role owns every table of the tree, and whether one is published. */
export function rewriteConditionsStatement(table: TargetTable): string {
  return `WITH RECURSIVE ${treeCte(`${quoteLiteral(tableName(table))}::regclass::oid`)}
SELECT bool_and(pg_has_role(c.relowner, 'USAGE')), bool_or(EXISTS (
  SELECT FROM pg_publication_tables p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
))
FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace`;
}
