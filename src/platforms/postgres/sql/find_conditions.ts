/**
 * What the new values of the columns have to meet: constraints, domains, indexes, generated columns,
 * partition keys and foreign keys, of the table, of its descendants, and of the tables to which foreign
 * keys ON UPDATE CASCADE carry the change.
 *
 * Parameters: the table's oid; the names of the columns as an array of text; whether the run rewrites the
 * table, which carries nothing over keys.
 */
import type { ReachedTable } from "./reached_table.ts";
import { baseTypeOf, columnNames } from "./table_expressions.ts";

/** The one row of the result. */
export type FindConditionsRow = [tables: ReachedTable[]];

/** Gives a `FindConditionsRow`. */
export function findConditionsStatement(): string {
  return `
WITH RECURSIVE changed(oid, target, columns, required, is_carried) AS (
  SELECT $1::oid, $1::oid, $2::text[] COLLATE "C", '{}'::text[] COLLATE "C", false
  UNION
  SELECT next.* FROM changed JOIN pg_catalog.pg_class c ON c.oid = changed.oid CROSS JOIN LATERAL (
    SELECT i.inhrelid, changed.target, changed.columns, changed.required, changed.is_carried
    FROM pg_catalog.pg_inherits i
    -- of a table that others inherit from, a key refers to its own rows alone
    WHERE i.inhparent = changed.oid AND (c.relkind = 'p' OR NOT changed.is_carried)
    UNION ALL
    SELECT k.conrelid, k.conrelid, carried.columns, ${columnNames("k.conrelid", "k.conkey")}, true
    FROM pg_catalog.pg_constraint k CROSS JOIN LATERAL (
      SELECT array_agg(own.attname::text ORDER BY own.attnum) AS columns
      FROM unnest(k.conkey, k.confkey) AS pair(referring, referred)
      JOIN pg_catalog.pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = pair.referring
      JOIN pg_catalog.pg_attribute other ON other.attrelid = k.confrelid AND other.attnum = pair.referred
      WHERE other.attname::text = ANY (changed.columns)
    ) AS carried
    WHERE k.contype = 'f' AND k.confrelid = changed.oid AND k.confupdtype = 'c'
      AND NOT $3::text::boolean AND carried.columns IS NOT NULL
      AND k.conrelid <> $1::oid AND NOT ${isReferringCopy("k")}
  ) AS next(oid, target, columns, required, is_carried)
), targets(oid, columns, partitions) AS MATERIALIZED ( -- once for all members of a table
  SELECT named.target, named.columns, ${partitionsOf("named")}
  FROM (SELECT DISTINCT target, columns FROM changed) named
)
SELECT coalesce(json_agg(json_build_object(
  'schema', n.nspname, 'name', c.relname, 'isCarried', changed.is_carried,
  'isReadable', has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'),
  'required', changed.required,
  'columns', (${columnsOf()}),
  'checks', (${checksOf()}),
  'indexes', (${indexesOf()}),
  'references', (${keysOf("references")}),
  'referredBy', (${keysOf("referredBy")}),
  'selfKeys', (${selfKeysOf()}),
  'partitions', targets.partitions
) ORDER BY changed.is_carried, n.nspname, c.relname), '[]'::json)
FROM changed JOIN targets ON targets.oid = changed.target AND targets.columns = changed.columns
JOIN pg_catalog.pg_class c ON c.oid = changed.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'`;
}

function columnsOf(): string {
  return `SELECT json_agg(json_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, -1), 'isDomain', t.typtype = 'd',
    'maxLength', base.max_length, 'isChanged', a.attname::text = ANY (changed.columns),
    'isReadable', has_column_privilege(c.oid, a.attnum, 'SELECT'),
    'generatedAs', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(g.adbin, g.adrelid) END
  ) ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef g ON g.adrelid = a.attrelid AND g.adnum = a.attnum
  CROSS JOIN LATERAL (${baseTypeOf("a")}) AS base
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;
}

/** Those that some rows may not meet already are evaluated at any UPDATE, but not when a table is rewritten. */
function checksOf(): string {
  return `SELECT coalesce(json_agg(json_build_object(
    'name', k.conname, 'expression', pg_get_expr(k.conbin, k.conrelid),
    'isReadable', ${areReadable("k.conkey")},
    'isVolatile', EXISTS (
      SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc f ON f.oid = d.refobjid
      WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::regclass AND f.provolatile = 'v')
  ) ORDER BY k.conname), '[]'::json)
  FROM pg_catalog.pg_constraint k
  WHERE k.contype = 'c' AND k.conrelid = c.oid AND NOT coalesce(0 >= ANY (k.conkey), false)
    -- there is no such column before version 18
    AND coalesce(to_jsonb(k) ->> 'conenforced', 'true')::boolean
    AND (EXISTS (
      SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
        AND (a.attname::text = ANY (changed.columns) OR a.attgenerated <> ''))
      OR NOT (k.convalidated OR $3::text::boolean))`;
}

function indexesOf(): string {
  return `SELECT coalesce(json_agg(json_build_object(
    'name', x.relname,
    'duplicateState', CASE WHEN i.indisunique THEN '23505' WHEN i.indisexclusion AND (
        SELECT bool_and(o.oprname = '=') FROM pg_catalog.pg_operator o WHERE o.oid = ANY (k.conexclop)
      ) THEN '23P01' END,
    'keys', (SELECT json_agg(pg_get_indexdef(x.oid, number, true) ORDER BY number)
      FROM generate_series(1, i.indnkeyatts) AS number),
    'predicate', pg_get_expr(i.indpred, i.indrelid),
    'areNullsEqual', coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false')::boolean,
    'isDeferred', coalesce(k.condeferred, false),
    'isReadable', CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL
      THEN ${areReadable("i.indkey::int2[]")} ELSE has_table_privilege(c.oid, 'SELECT') END
  ) ORDER BY x.relname), '[]'::json)
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')
  WHERE i.indrelid = c.oid AND i.indisready AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
    OR ((i.indisunique OR i.indisexclusion)
      AND ${columnNames("c.oid", "i.indkey::int2[]")} && changed.columns))`;
}

function keysOf(side: "references" | "referredBy"): string {
  const [own, ownKey, other, otherKey] = side === "references"
    ? ["k.conrelid", "k.conkey", "k.confrelid", "k.confkey"]
    : ["k.confrelid", "k.confkey", "k.conrelid", "k.conkey"];
  const restricts = side === "references"
    ? "true"
    : `($3::text::boolean OR k.confupdtype IN ('a', 'r')) AND NOT ${isReferringCopy("k")}`;
  // from version 18 on RESTRICT has a state of its own
  const sqlState = side === "references" ? "'23503'" : `CASE WHEN k.confupdtype = 'r'
      AND NOT $3::text::boolean AND current_setting('server_version_num')::int >= 180000
      THEN '23001' ELSE '23503' END`;
  return `SELECT coalesce(json_agg(json_build_object(
    'name', k.conname,
    'other', CASE o.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', s.nspname, o.relname),
    'pairs', (SELECT json_agg(json_build_array(
        mine.attname, theirs.attname, format('OPERATOR(%I.%s)', os.nspname, op.oprname)))
      FROM unnest(${ownKey}, ${otherKey}, k.conpfeqop) AS pair(mine, theirs, operator)
      JOIN pg_catalog.pg_attribute mine ON mine.attrelid = ${own} AND mine.attnum = pair.mine
      JOIN pg_catalog.pg_attribute theirs ON theirs.attrelid = ${other} AND theirs.attnum = pair.theirs
      JOIN pg_catalog.pg_operator op ON op.oid = pair.operator
      JOIN pg_catalog.pg_namespace os ON os.oid = op.oprnamespace),
    'sqlState', ${sqlState},
    'isDeferred', k.condeferred,
    'isReadable', ${areReadable(ownKey)} AND has_schema_privilege(s.oid, 'USAGE') AND (
      SELECT bool_and(has_column_privilege(o.oid, number, 'SELECT')) FROM unnest(${otherKey}) AS number)
  ) ORDER BY k.conname), '[]'::json)
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class o ON o.oid = ${other}
  JOIN pg_catalog.pg_namespace s ON s.oid = o.relnamespace
  WHERE k.contype = 'f' AND ${own} = c.oid AND ${columnNames(own, ownKey)} && changed.columns
    AND ${restricts}
    -- a key holds if both of its sides change alike
    AND NOT EXISTS (SELECT FROM changed also
      WHERE also.oid = ${other} AND ${columnNames(other, otherKey)} && also.columns)`;
}

function selfKeysOf(): string {
  return `SELECT coalesce(json_agg(json_build_object(
    'name', k.conname, 'referring', own.attname, 'referred', other.attname, 'isDeferred', k.condeferred
  ) ORDER BY k.conname), '[]'::json)
  FROM pg_catalog.pg_constraint k CROSS JOIN unnest(k.conkey, k.confkey) AS pair(referring, referred)
  JOIN pg_catalog.pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = pair.referring
  JOIN pg_catalog.pg_attribute other ON other.attrelid = k.confrelid AND other.attnum = pair.referred
  WHERE k.contype = 'f' AND k.conrelid = c.oid AND NOT changed.is_carried
    AND k.confrelid IN (SELECT also.oid FROM changed also WHERE NOT also.is_carried)
    AND own.attname::text = ANY (changed.columns) AND other.attname::text = ANY (changed.columns)`;
}

function partitionsOf(reached: string): string {
  return `(
    SELECT json_agg(coalesce(pg_get_partition_constraintdef(leaf.relid), 'true'))
    FROM pg_partition_tree(${reached}.target) AS leaf WHERE leaf.isleaf AND EXISTS (
      SELECT FROM (
        SELECT relid FROM pg_partition_tree(${reached}.target)
        UNION SELECT relid FROM pg_partition_ancestors(${reached}.target)
      ) AS level JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = level.relid
      WHERE p.partexprs IS NOT NULL
        OR ${columnNames("p.partrelid", "p.partattrs::int2[]")} && ${reached}.columns))`;
}

/** SQL for whether the role may read these columns; an index or constraint of a generated one reads others. */
function areReadable(numbers: string): string {
  return `(has_table_privilege(c.oid, 'SELECT') OR coalesce((
      SELECT bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT') AND a.attgenerated = '')
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (${numbers})), true))`;
}

/** SQL for whether a foreign key is a partition's copy of the one of the table above it. */
function isReferringCopy(key: string): string {
  return `EXISTS (SELECT FROM pg_catalog.pg_constraint above
        WHERE above.oid = ${key}.conparentid AND above.conrelid <> ${key}.conrelid)`;
}
