/** How large a table is, with its descendants. The parameter is the table's oid. */
import { treeCte } from "./table_expressions.ts";

/** The one row of the result; sizes in bytes, as text. */
export type TableSizesRow = [heap: string, indexes: string, indexCount: string];

/** Gives a `TableSizesRow`. An index of a partitioned table counts once. */
export function tableSizesStatement(): string {
  return `
WITH RECURSIVE ${treeCte("$1::oid")}
SELECT coalesce(sum(pg_relation_size(c.oid)), 0)::int8::text,
  coalesce(sum(pg_indexes_size(c.oid)), 0)::int8::text,
  (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = $1::oid)::text
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid WHERE c.relkind = 'r'`;
}
