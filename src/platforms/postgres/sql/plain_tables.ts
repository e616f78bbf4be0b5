/**
 * Plain tables: those with columns of built-in types, keys and indexes on them, and nothing besides, in a
 * database without publications. An UPDATE sets nothing off, and no function of others can run, so a look-up
 * need not search for either; and old values can be left in few places.
 *
 * Whatever the searches for side effects, functions and masks could find makes a table one that is not
 * plain, so each condition here stands for branches of theirs. It may exclude more than these find.
 */
import { FIRST_OID } from "./find_table_functions.ts";

/** The masking products that the search for masks knows, and any label of a role. */
const NO_MASKS = `NOT EXISTS (SELECT FROM pg_catalog.pg_shseclabel)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_columnmask')
      AND to_regclass('pg_catalog.edb_redaction_policy') IS NULL`;

/**
 * SQL for whether a table is plain. `table` has `oid`, `relkind`, `relhastriggers` and `relhasrules` of its
 * row in `pg_class`; `hasBuiltInTypes` is SQL for whether no column to change is of a built-in domain.
 */
export function isPlainTable(table: string, hasBuiltInTypes: string): string {
  const without = (catalogue: string, condition: string) =>
    `NOT EXISTS (SELECT FROM pg_catalog.${catalogue} WHERE ${condition})`;
  const oid = `${table}.oid`;
  const conditions = [
    `${table}.relkind = 'r'`,
    // foreign keys have triggers on both sides
    `NOT ${table}.relhastriggers`,
    `NOT ${table}.relhasrules`,
    without("pg_inherits", `inhparent = ${oid}`),
    without("pg_inherits", `inhrelid = ${oid}`),
    without("pg_constraint", `conrelid = ${oid} AND contype NOT IN ('p', 'u', 'n')`),
    // from version 18 on there are foreign keys that are not enforced, which have none
    `(current_setting('server_version_num')::int < 180000 OR ${
      without("pg_constraint", `confrelid = ${oid}`)
    })`,
    without(
      "pg_index",
      `indrelid = ${oid} AND (indexprs IS NOT NULL OR indpred IS NOT NULL
        OR ${FIRST_OID} <= ANY (indclass::oid[]::int8[]))`,
    ),
    without("pg_statistic_ext", `stxrelid = ${oid}`),
    without(
      "pg_attribute",
      `attrelid = ${oid} AND attnum > 0 AND NOT attisdropped
        AND (attgenerated <> '' OR atttypid::int8 >= ${FIRST_OID})`,
    ),
    hasBuiltInTypes,
    "NOT EXISTS (SELECT FROM pg_catalog.pg_publication)",
    NO_MASKS,
  ];
  return `(${conditions.join("\n      AND ")})`;
}

/**
 * The query for what `baseTypeOf` gives of a column of a built-in type that is no domain; `attribute` and
 * `type` are its rows of `pg_attribute` and `pg_type`.
 */
export function builtInTypeOf(attribute: string, type: string): string {
  return `SELECT CASE WHEN ${type}.typname IN ('varchar', 'bpchar') AND ${attribute}.atttypmod > 4
        THEN ${attribute}.atttypmod - 4 END AS max_length,
        CASE WHEN ${type}.typnamespace = 'pg_catalog'::regnamespace THEN ${type}.typname::text END AS type_name`;
}
