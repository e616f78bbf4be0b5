/**
 * Rewrites the table and its indexes once, by giving each column its own type again, with the token
 * as the conversion. Needs the table's owner and an exclusive lock.
 *
 * What such a change would reset is restated: the collation, and how the column is stored. The token is
 * not cast to the type, which would cut it short where the assignment refuses it.
 */
import type { Selection } from "../../../tokens/selection.ts";
import type { CheckedTable } from "../lookup/check_table.ts";
import { quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import { guard, tableName } from "./table_expressions.ts";

/** Keeps everybody else out until the transaction ends. */
export function lockTableStatement(table: CheckedTable): string {
  return `LOCK TABLE ${tableName(table)} IN ACCESS EXCLUSIVE MODE`;
}

/** The statement; `token` writes the token of an SQL operand. */
export function rewriteColumnsStatement(
  table: CheckedTable,
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

/** What the role and the table must be for it: the owner, and in no publication. */
export function rewriteConditionsStatement(table: CheckedTable): string {
  return `WITH RECURSIVE member(oid) AS (
  SELECT ${quoteLiteral(tableName(table))}::regclass::oid
  UNION SELECT i.inhrelid FROM pg_inherits i JOIN member m ON m.oid = i.inhparent
)
SELECT bool_and(pg_has_role(c.relowner, 'USAGE')), bool_or(EXISTS (
  SELECT FROM pg_publication_tables p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
))
FROM member JOIN pg_class c ON c.oid = member.oid JOIN pg_namespace n ON n.oid = c.relnamespace`;
}
