/** Names that the role may see: of what it may read, in schemas that it may use. */

/** How many tables are compared with a wrong name: enough for a schema that people read. */
const MAX_TABLES = 5000;

/** Gives the schema and name of tables. Parameters: schemas and names of tables, as two arrays of text. */
export const VISIBLE_TABLES = `
SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (n.nspname = ANY ($1::text[]) OR c.relname = ANY ($2::text[]))
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname LIMIT ${MAX_TABLES}`;

/** Gives the columns of a table. Parameter: its oid. */
export const VISIBLE_COLUMNS = visibleColumns("");

/** Gives those of them that are of a type of text, or of a domain over one. Parameter: its oid. */
export const VISIBLE_TEXT_COLUMNS = visibleColumns(
  "AND EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid AND t.typcategory = 'S')",
);

function visibleColumns(condition: string): string {
  return `
SELECT a.attname::text
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
WHERE c.oid = $1::text::oid AND a.attnum > 0 AND NOT a.attisdropped
  AND has_schema_privilege(c.relnamespace, 'USAGE')
  AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  ${condition}
ORDER BY a.attnum`;
}
