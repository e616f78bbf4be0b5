/**
 * Looks up every table that a dataset's name may mean, with all that has to be known before its first
 * row is touched, in one round trip.
 *
 * Parameters: for each candidate of the name the platform instance, database, schema and table, as
 * four arrays of text; the column names asked for, as an array of text; whether to take the table's lock
 * for a run in one transaction.
 */
import type { TableMetadata } from "../table.ts";
import { mayMaintain } from "./find_analyzable.ts";
import { masksQuery } from "./find_masks.ts";
import { sideEffectsQuery } from "./find_side_effects.ts";
import { tableFunctionsQuery } from "./find_table_functions.ts";
import { builtInTypeOf, isPlainTable } from "./plain_tables.ts";
import { baseTypeOf, treeCte } from "./table_expressions.ts";
import { tryLockRun } from "./try_lock_run.ts";

/** The one row: the database connected to, and the tables found in it. */
export type FindTablesRow = [database: string, tables: TableMetadata[]];

/**
 * How tables are looked up.
 *
 * - `plain`: names as they are. Of a table that is not plain, only that is right.
 * - `exact`: names as they are.
 * - `similar`: tables whose names may be the same if case is ignored, for the caller to compare: the
 *   database's own lower() may know ASCII letters only.
 */
export type LookUp = "plain" | "exact" | "similar";

/** The statements, each made once: the same text is found among those prepared without being read. */
const made = new Map<string, string>();

function once(name: string, make: () => string): string {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

/** Gives a `FindTablesRow`. */
export function findTablesStatement(lookUp: LookUp): string {
  return once(lookUp, () => makeFindTables(lookUp));
}

function makeFindTables(lookUp: LookUp): string {
  const same = (left: string, right: string) =>
    lookUp === "similar" ? `${ascii(left)} = ${ascii(right)}` : `${left} = ${right}`;
  const { isPlain, tree, columnsType, generatedIn, sideEffects, functions, masks } =
    lookUp === "plain" ? PLAIN : ANY;
  return `
WITH candidate AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS c(instance, database_name, schema_name, table_name)
), found AS (
  SELECT candidate.instance, c.oid, n.oid AS schema_oid, n.nspname, c.relname, c.relkind,
    c.relowner, c.relhastriggers, c.relhasrules
  FROM candidate
  JOIN pg_catalog.pg_namespace n ON ${same("n.nspname", "candidate.schema_name")}
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND ${
    same("c.relname", "candidate.table_name")
  }
  WHERE ${same("current_database()", "candidate.database_name")}
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT current_database()::text, coalesce((
  SELECT json_agg(described.definition::jsonb || jsonb_build_object(
    'sizeBytes', described.size_bytes,
    'gotLock', described.got_lock,
    'snapshot', txid_current_snapshot()::text,
    'fingerprint', encode(sha256(convert_to(described.definition::text, getdatabaseencoding())), 'hex')
  ))
  FROM (SELECT json_build_object(
    'database', current_database(),
    'serverEncoding', current_setting('server_encoding'),
    'oid', found.oid::int8,
    'platformInstance', found.instance,
    'schema', found.nspname,
    'name', found.relname,
    'kind', found.relkind,
    'isPlain', ${isPlain},
    'hasDescendants', tree.has_descendants,
    'hasForeignPartitions', tree.has_foreign,
    'canLock', found.relkind IN ('r', 'p')
           AND has_table_privilege(found.oid, 'SELECT') AND has_table_privilege(found.oid, 'UPDATE')
           -- before version 13 it took the right on each partition
           AND (NOT tree.has_descendants OR current_setting('server_version_num')::int >= 130000),
    'rowSecurityActive', row_security_active(found.oid),
    'canUseSchema', has_schema_privilege(found.schema_oid, 'USAGE'),
    'canReadCtid', found.relkind IN ('r', 'p')
               AND has_column_privilege(found.oid, 'ctid', 'SELECT')
               AND has_column_privilege(found.oid, 'tableoid', 'SELECT'),
    'canReadXmin', found.relkind IN ('r', 'p') AND has_column_privilege(found.oid, 'xmin', 'SELECT'),
    'canMaintain', ${mayMaintain("found")},
    'canMakeTemporary', has_database_privilege(current_database(), 'TEMPORARY'),
    'columns', coalesce(attributes.list, '[]'::json),
    'sideEffects', ${sideEffects},
    'functions', ${functions},
    'masks', ${masks}
  ) AS definition, tree.size_bytes,
    CASE WHEN $6::text::boolean THEN ${tryLockRun("found.oid")} END AS got_lock
  FROM found
  CROSS JOIN LATERAL (${tree}) tree
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'baseType', base.type_name,
      'maxLength', base.max_length,
      'collation', CASE WHEN a.attcollation <> own.typcollation THEN (
        SELECT quote_ident(s.nspname) || '.' || quote_ident(l.collname)
        FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace s ON s.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
      'storage', CASE WHEN a.attstorage <> own.typstorage THEN CASE a.attstorage
        WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
      'compression', CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
      'isGenerated', a.attgenerated <> '',
      'generatedIn', ${generatedIn},
      'canSelect', has_column_privilege(found.oid, a.attnum, 'SELECT'),
      'canUpdate', has_column_privilege(found.oid, a.attnum, 'UPDATE')
    ) ORDER BY a.attnum) AS list, array_agg(a.attname::text ORDER BY a.attnum) AS names,
      bool_or(own.typtype = 'd') AS has_domain
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type own ON own.oid = a.atttypid
    CROSS JOIN LATERAL (
      ${columnsType}
    ) base
    WHERE a.attrelid = found.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND ${ascii("a.attname")} IN (SELECT ${ascii("asked")} FROM unnest($5::text[]) AS asked)
  ) attributes) described
), '[]'::json)`;
}

/** The parts of the statement that differ. */
interface Parts {
  readonly isPlain: string;
  /** The query for what is known of the table with its descendants. */
  readonly tree: string;
  /** The query for a column's type under all domains. */
  readonly columnsType: string;
  readonly generatedIn: string;
  readonly sideEffects: string;
  readonly functions: string;
  readonly masks: string;
}

/** Of any table. */
const ANY: Parts = {
  isPlain: "false",
  tree: `
    WITH RECURSIVE ${treeCte("found.oid")}
    SELECT bool_or(c.oid <> found.oid) AS has_descendants,
      bool_or(c.relkind = 'f' AND c.oid <> found.oid) AS has_foreign,
      coalesce(sum(pg_relation_size(c.oid)) FILTER (WHERE c.relkind = 'r'), 0)::int8 AS size_bytes
    FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
  `,
  columnsType: baseTypeOf("a"),
  // before PostgreSQL 16 a member's column may be generated although the table's own is not
  generatedIn: `(
        WITH RECURSIVE ${treeCte("found.oid")}
        SELECT min(member.relname::text) FROM tree
        JOIN pg_catalog.pg_attribute g ON g.attrelid = tree.oid AND g.attname = a.attname
        JOIN pg_catalog.pg_class member ON member.oid = tree.oid
        WHERE tree.oid <> found.oid AND g.attgenerated <> '')`,
  sideEffects: `(
      SELECT coalesce(json_agg(json_build_array(effect.kind, effect.name)), '[]'::json)
      FROM (${sideEffectsQuery("found.oid", "attributes.names")}) AS effect(kind, name)
    )`,
  functions: `(
      SELECT coalesce(json_agg(json_build_array(f.object, f.object_name, f.name, f.owner)), '[]'::json)
      FROM (${
    tableFunctionsQuery("found.oid", "attributes.names")
  }) AS f(object, object_name, name, owner)
    )`,
  masks: `(
      SELECT coalesce(json_agg(json_build_array(mask.kind, mask.name)), '[]'::json)
      FROM (${masksQuery("found.oid")}) AS mask(kind, name)
    )`,
};

/**
 * Of a plain table, of which all that is left out is known: it is empty. The server prepares every part of a
 * statement before it runs it, so that those for tables of any kind took longer than the rest of a run with
 * nothing to do.
 */
const PLAIN: Parts = {
  isPlain: isPlainTable("found", "NOT coalesce(attributes.has_domain, false)"),
  tree: `
    SELECT false AS has_descendants, false AS has_foreign,
      coalesce(CASE WHEN found.relkind = 'r' THEN pg_relation_size(found.oid) END, 0) AS size_bytes
  `,
  columnsType: builtInTypeOf("a", "own"),
  generatedIn: "NULL",
  sideEffects: "'[]'::json",
  functions: "'[]'::json",
  masks: "'[]'::json",
};

/** The SQLSTATE of `verifyTableStatement` if the table is no longer what it was. */
export const NOT_VERIFIED = "22012";

/**
 * Fails, by a division by zero, unless the table that the same kind of look-up now finds has the fingerprint
 * that is the seventh parameter. So the server refuses what was sent after it without waiting for its result.
 *
 * The eighth parameter is the snapshot of that look-up, or empty. If it still holds, no transaction has
 * been committed since, and the table need not be looked up again.
 */
export function verifyTableStatement({ isPlain }: Pick<TableMetadata, "isPlain">): string {
  const lookUp = isPlain ? "plain" : "exact";
  return once(
    `verify ${lookUp}`,
    () =>
      `SELECT 1 / CASE WHEN txid_current_snapshot()::text = $8::text THEN 1 ELSE (
  SELECT count(*) FROM (${findTablesStatement(lookUp)}) AS found(database, tables)
  CROSS JOIN LATERAL json_array_elements(found.tables) AS t(definition)
  WHERE t.definition ->> 'fingerprint' = $7::text
) END`,
  );
}

/** SQL for a name's ASCII characters, in lower case. */
function ascii(name: string): string {
  return `lower(regexp_replace(${name}::text COLLATE "C", '[^ -~]', '', 'g') COLLATE "C")`;
}
