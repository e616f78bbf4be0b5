/**
 * The names by which Postgres may report that a change of the table failed: those of constraints and
 * indexes of the table, its descendants and the tables that a foreign key carries the change to, of
 * foreign keys to these, and of constraints of their columns' domains.
 *
 * Parameters: the table's oid, and the names of the columns as an array of text.
 */
import { reachedCte } from "./table_expressions.ts";

/** One name. */
export type ConstraintNameRow = [name: string];

/** Gives a `ConstraintNameRow` for each. */
export function findConstraintNamesStatement(): string {
  return `
WITH RECURSIVE ${reachedCte("$1::oid", "$2::text[]")}, type(oid) AS (
  SELECT a.atttypid FROM reached JOIN pg_catalog.pg_attribute a ON a.attrelid = reached.oid
  UNION
  SELECT t.typbasetype FROM type JOIN pg_catalog.pg_type t ON t.oid = type.oid
  WHERE t.typtype = 'd'
)
SELECT k.conname::text FROM reached
JOIN pg_catalog.pg_constraint k ON reached.oid IN (k.conrelid, k.confrelid)
UNION
SELECT c.relname::text FROM reached
JOIN pg_catalog.pg_index i ON i.indrelid = reached.oid
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
UNION
SELECT k.conname::text FROM type JOIN pg_catalog.pg_constraint k ON k.contypid = type.oid`;
}
