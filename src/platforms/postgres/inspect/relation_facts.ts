/** What decides whether the role reads what is stored: one look into the catalogue. */
import type { Session } from "../connection/session.ts";
import type { Relation } from "./find_relation.ts";

/** A column, as the catalogue describes it. */
export interface InspectedColumn {
  readonly name: string;
  readonly number: number;
  /** As SQL shows it. */
  readonly type: string;
  /** Whether it is text, beneath all domains. */
  readonly isText: boolean;
  /** Whether it pads its values with blanks. */
  readonly isPadded: boolean;
  /** Whether it is computed when it is read. */
  readonly isVirtual: boolean;
  readonly isReadable: boolean;
}

/** What the catalogue says. */
export interface RelationFacts {
  readonly columns: readonly InspectedColumn[];
  readonly canUseSchema: boolean;
  /** Whether policies would hide rows from the role. */
  readonly hidesRows: boolean;
  /** Partitions that are foreign tables. */
  readonly foreign: readonly string[];
  /** The role, and roles that it is a member of, that read masks. */
  readonly maskedRoles: readonly string[];
  /** Products that may mask what the role reads, which does not show. */
  readonly maskingProducts: readonly string[];
  /** Whether the server is a standby. */
  readonly isStandby: boolean;
  readonly estimatedRows: number;
}

/** Parameter: the relation's oid. */
const FACTS = `
WITH RECURSIVE part(oid) AS (
  SELECT $1::oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN part ON i.inhparent = part.oid
), me AS (
  SELECT r.oid, r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
), layer(attnum, type_oid) AS (
  SELECT a.attnum, a.atttypid FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT layer.attnum, t.typbasetype FROM layer JOIN pg_catalog.pg_type t ON t.oid = layer.type_oid
  WHERE t.typtype = 'd'
), base AS (
  SELECT layer.attnum, t.typname::text AS name FROM layer JOIN pg_catalog.pg_type t ON t.oid = layer.type_oid
  WHERE t.typtype <> 'd' AND (t.typname = 'citext' OR t.typnamespace = 'pg_catalog'::regnamespace)
)
SELECT json_build_object(
  'columns', (
    SELECT coalesce(json_agg(json_build_object(
      'name', a.attname,
      'number', a.attnum,
      'type', format_type(a.atttypid, a.atttypmod),
      'isText', coalesce(base.name IN ('text', 'varchar', 'bpchar', 'citext'), false),
      'isPadded', coalesce(base.name = 'bpchar', false),
      'isVirtual', a.attgenerated = 'v',
      'isReadable', has_column_privilege($1::oid, a.attnum, 'SELECT')
    ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute a LEFT JOIN base ON base.attnum = a.attnum
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  ),
  'canUseSchema', has_schema_privilege((SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = $1::oid), 'USAGE'),
  'hidesRows', row_security_active($1::oid),
  'foreign', (
    SELECT coalesce(json_agg(c.oid::regclass::text ORDER BY c.oid::regclass::text), '[]')
    FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid WHERE c.relkind = 'f'
  ),
  'maskedRoles', (
    SELECT coalesce(json_agg(r.rolname ORDER BY r.rolname), '[]') FROM me
    JOIN pg_catalog.pg_shseclabel l ON l.classoid = 'pg_catalog.pg_authid'::regclass AND l.label ILIKE 'masked%'
    JOIN pg_catalog.pg_roles r ON r.oid = l.objoid
    -- a superuser would count as a member of every role
    WHERE r.oid = me.oid OR (NOT me.rolsuper AND pg_has_role(me.oid, r.oid, 'MEMBER'))
  ),
  'maskingProducts', (
    SELECT coalesce(json_agg(product.name ORDER BY product.name), '[]') FROM me CROSS JOIN (
      SELECT e.extname::text FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_columnmask'
      UNION ALL
      SELECT 'data redaction' WHERE to_regclass('pg_catalog.edb_redaction_policy') IS NOT NULL
    ) AS product(name)
    WHERE NOT me.rolsuper AND EXISTS (
      SELECT FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid WHERE c.relowner <> me.oid)
  ),
  'isStandby', pg_is_in_recovery(),
  'estimatedRows', (
    SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::int8
    FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid WHERE c.relkind = 'r'
  )
)`;

/** Looks the facts up. */
export async function readFacts(session: Session, { oid }: Relation): Promise<RelationFacts> {
  const { rows: [row] } = await session.query<[RelationFacts]>(
    "look up the table",
    FACTS,
    [String(oid)],
  );
  return row![0];
}
