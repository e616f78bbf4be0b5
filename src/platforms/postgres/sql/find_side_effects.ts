/**
 * What else an UPDATE of the columns would set off: in the table, in its descendants, and in the tables
 * to which foreign keys ON UPDATE CASCADE carry the change.
 */
import { columnNames, reachedCte, treeCte } from "./table_expressions.ts";

/**
 * The query, which gives a `SideEffect` a row; `table` and `columns` are SQL for the table's oid and for
 * the columns' names as an array of text.
 */
export function sideEffectsQuery(table: string, columns: string): string {
  return `
WITH RECURSIVE ${treeCte(table)}, ${reachedCte(table, columns)}
SELECT 'trigger_or_rule', t.tgname::text FROM reached JOIN pg_trigger t ON t.tgrelid = reached.oid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND (t.tgtype & 16) <> 0
  AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
      -- a generated column changes with the columns it is computed from
      AND (a.attname::text = ANY (reached.columns) OR a.attgenerated <> '')))
UNION
SELECT 'trigger_or_rule', r.rulename::text FROM reached JOIN pg_rewrite r ON r.ev_class = reached.oid
WHERE r.ev_type = '2' AND r.ev_enabled <> 'D'
UNION
SELECT CASE WHEN k.confupdtype = 'c' THEN 'fk_self_cascade' ELSE 'fk_set_null' END, k.conname::text
FROM reached JOIN pg_constraint k ON k.confrelid = reached.oid
WHERE k.contype = 'f' AND ${columnNames("k.confrelid", "k.confkey")} && reached.columns
  AND (k.confupdtype IN ('n', 'd')
    OR (k.confupdtype = 'c' AND k.conrelid IN (SELECT tree.oid FROM tree)))
ORDER BY 1, 2`;
}
