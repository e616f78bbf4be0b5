/**
 * Looks up every table that a dataset's name may mean, and all that has to be known of it before its
 * first row is touched, in one round trip.
 *
 * Parameters: for each reading of the name the platform instance, database, schema and table, as
 * four arrays of text; then the column names asked for, as an array of text; then whether to take the
 * table's lock for a run of one transaction.
 */
import { findHooksQuery, type HookRow } from "./find_side_effects.ts";
import { tryLockRun } from "./try_lock_run.ts";

/** What the look-up gives: one row of these columns. */
export type FindTablesRow = [database: string, encoding: string, tables: FoundTable[]];

/** A table, view or the like that a reading of the name matched. */
export interface FoundTable {
  readonly oid: number;
  readonly instance: string;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** Whether it has partitions, or tables that inherit from it. */
  readonly hasMembers: boolean;
  readonly hasForeignPartitions: boolean;
  readonly rowSecurityActive: boolean;
  readonly canUseSchema: boolean;
  /** With partitions and inheriting tables, without indexes and out-of-line values. */
  readonly sizeBytes: number;
  /** Whether the role may read the row's address, which the client path writes back by. */
  readonly canReadAddress: boolean;
  /** Whether it may read which transaction wrote a row. */
  readonly canReadVersion: boolean;
  readonly columns: readonly FoundColumn[];
  /** What an UPDATE of these columns, all of them, would set off. */
  readonly hooks: readonly HookRow[];
  /** Whether the lock was free; null where it was not asked for. */
  readonly gotLock: boolean | null;
}

/** A column whose name may match one asked for, if only without regard to case. */
export interface FoundColumn {
  readonly name: string;
  /** As SQL shows it, such as `character varying(20)`. */
  readonly type: string;
  /** The type under all domains: `text`, `varchar`, `bpchar`, `citext` or something else. */
  readonly baseType: string | null;
  /** The most characters it holds; null where it is not limited. */
  readonly maxLength: number | null;
  /** Quoted, where it is not the type's own. */
  readonly collation: string | null;
  /** `EXTERNAL` and the like, where it is not the type's own. */
  readonly storage: string | null;
  readonly isGenerated: boolean;
  readonly canSelect: boolean;
  readonly canUpdate: boolean;
}

/**
 * The statement. `exact` compares names as they are. Otherwise it gives what may be the same without
 * regard to case, for the caller to compare: a database's own lower() may know ASCII letters only.
 */
export function findTablesStatement(exact: boolean): string {
  const same = (left: string, right: string) =>
    exact ? `${left} = ${right}` : `${ascii(left)} = ${ascii(right)}`;
  return `
WITH candidate AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS c(instance, database_name, schema_name, table_name)
), found AS (
  SELECT candidate.instance, c.oid, n.oid AS schema_oid, n.nspname, c.relname, c.relkind
  FROM candidate
  JOIN pg_namespace n ON ${same("n.nspname", "candidate.schema_name")}
  JOIN pg_class c ON c.relnamespace = n.oid AND ${same("c.relname", "candidate.table_name")}
  WHERE ${same("current_database()", "candidate.database_name")}
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT current_database()::text, current_setting('server_encoding'), coalesce((
  SELECT json_agg(json_build_object(
    'oid', found.oid::int8,
    'instance', found.instance,
    'schema', found.nspname,
    'name', found.relname,
    'kind', found.relkind,
    'hasMembers', family.has_members,
    'hasForeignPartitions', family.has_foreign,
    'sizeBytes', family.size_bytes,
    'rowSecurityActive', row_security_active(found.oid),
    'canUseSchema', has_schema_privilege(found.schema_oid, 'USAGE'),
    'canReadAddress', found.relkind IN ('r', 'p')
                  AND has_column_privilege(found.oid, 'ctid', 'SELECT')
                  AND has_column_privilege(found.oid, 'tableoid', 'SELECT'),
    'canReadVersion', found.relkind IN ('r', 'p') AND has_column_privilege(found.oid, 'xmin', 'SELECT'),
    'columns', coalesce(attributes.list, '[]'::json),
    'hooks', (
      SELECT coalesce(json_agg(json_build_array(hook.effect, hook.name)), '[]'::json)
      FROM (${findHooksQuery("found.oid", "attributes.names")}) AS hook(effect, name)
    ),
    'gotLock', CASE WHEN $6::text::boolean THEN ${tryLockRun("found.oid")} END
  ))
  FROM found
  CROSS JOIN LATERAL (
    WITH RECURSIVE member(oid) AS (
      SELECT found.oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN member m ON m.oid = i.inhparent
    )
    SELECT bool_or(c.oid <> found.oid) AS has_members,
      bool_or(c.relkind = 'f' AND c.oid <> found.oid) AS has_foreign,
      coalesce(sum(pg_relation_size(c.oid)) FILTER (WHERE c.relkind = 'r'), 0)::int8 AS size_bytes
    FROM member JOIN pg_class c ON c.oid = member.oid
  ) family
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'baseType', base.type_name,
      'maxLength', CASE WHEN base.type_name IN ('varchar', 'bpchar') AND base.typmod > 4 THEN base.typmod - 4 END,
      'collation', CASE WHEN a.attcollation <> own.typcollation THEN (
        SELECT quote_ident(s.nspname) || '.' || quote_ident(l.collname)
        FROM pg_collation l JOIN pg_namespace s ON s.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
      'storage', CASE WHEN a.attstorage <> own.typstorage THEN CASE a.attstorage
        WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
      'isGenerated', a.attgenerated <> '',
      'canSelect', has_column_privilege(found.oid, a.attnum, 'SELECT'),
      'canUpdate', has_column_privilege(found.oid, a.attnum, 'UPDATE')
    )) AS list, array_agg(a.attname::text) AS names
    FROM pg_attribute a
    JOIN pg_type own ON own.oid = a.atttypid
    CROSS JOIN LATERAL (
      WITH RECURSIVE layer(type_oid, typmod, depth) AS (
        SELECT a.atttypid, a.atttypmod, 0
        UNION ALL
        SELECT t.typbasetype, CASE WHEN layer.typmod = -1 THEN t.typtypmod ELSE layer.typmod END, layer.depth + 1
        FROM layer JOIN pg_type t ON t.oid = layer.type_oid WHERE t.typtype = 'd'
      )
      SELECT layer.typmod, CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace
          OR (t.typname = 'citext' AND t.typtype = 'b') THEN t.typname::text END AS type_name
      FROM layer JOIN pg_type t ON t.oid = layer.type_oid ORDER BY layer.depth DESC LIMIT 1
    ) base
    WHERE a.attrelid = found.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND ${ascii("a.attname")} IN (SELECT ${ascii("asked")} FROM unnest($5::text[]) AS asked)
  ) attributes
), '[]'::json)`;
}

/** A name's ASCII characters in lower case. */
function ascii(name: string): string {
  return `lower(regexp_replace(${name}::text COLLATE "C", '[^ -~]', '', 'g') COLLATE "C")`;
}
