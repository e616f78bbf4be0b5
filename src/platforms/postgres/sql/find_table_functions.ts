/**
 * Functions that belong to a table's definition and would run with the role's rights: when a row is
 * written, and some of them as soon as a statement on the table is planned.
 *
 * The catalogue's own list of dependencies leads to them: from constraints, indexes, generated columns,
 * statistics and partition keys, through operators, operator classes, types, domains and casts. Policies
 * are left out: a run that they would apply to is refused. So is what a function calls in its turn.
 *
 * A function passes if its owner could do all that the role may do anyway: has all rights of the role, as
 * superusers have, and the role itself. That holds for what the system or a superuser's extension brings.
 * But in a CHECK that somebody else wrote, the arguments are theirs, so a function that may run or write
 * what its arguments say does not pass there, even if a superuser owns it.
 */
import { reachedCte } from "./table_expressions.ts";

/** Functions that are VOLATILE since they read a clock or a source of random numbers. */
const HARMLESS = "^(clock_timestamp|timeofday|random|gen_random_uuid|uuidv[47])$";

/** Functions that are not VOLATILE, yet run code that a text names: queries, and checks of domains. */
const RUNS_TEXT = "^(table|schema|database)_to_xml|^pg_input_(is_valid|error_info)$";

/**
 * The first oid that is not the system's own (`FirstNormalObjectId`). Oids are
 * compared with it as `int8`: a constant of type `oid` counts as a table that the plan depends on, and the
 * first table ever made in a cluster has this one.
 */
export const FIRST_OID = 16384;

/**
 * The query, which gives a `TableFunction` for each function that does not pass, and at most ten;
 * `table` and `columns` are SQL for the table's oid and for the columns' names as an array of text.
 */
export function tableFunctionsQuery(table: string, columns: string): string {
  return `
WITH RECURSIVE ${reachedCte(table, columns)}, partitioned(oid) AS (
  -- a partition's own UPDATE computes the keys of the tables above it
  SELECT oid FROM reached
  UNION
  SELECT i.inhparent FROM partitioned JOIN pg_catalog.pg_inherits i ON i.inhrelid = partitioned.oid
), definition(object, name, author, class, oid, is_checked) AS (
  ${definitionParts()}
  UNION
  SELECT definition.object, definition.name, next.* FROM definition CROSS JOIN LATERAL (
    ${dependencies()}
  ) AS next(author, class, oid, is_checked)
)
SELECT object, name, function_name, owner FROM (
  SELECT d.object, d.name, f.oid FROM definition d JOIN pg_catalog.pg_proc f ON f.oid = d.oid
  WHERE d.class = ${classOf("pg_proc")} AND (NOT ${isTrusted("f.proowner")}
    OR (f.provolatile = 'v' AND NOT ${isTrusted("d.author")} AND EXISTS (
      SELECT FROM pg_catalog.pg_depend e
      WHERE e.classid = d.class AND e.objid = f.oid AND e.deptype = 'e')))
  UNION
  SELECT d.object, d.name, f.oid FROM definition d
  JOIN pg_catalog.pg_constraint k ON k.oid = d.oid AND k.contype = 'c'
  CROSS JOIN LATERAL regexp_matches(k.conbin::text, ':funcid ([0-9]+)', 'g') AS called
  JOIN pg_catalog.pg_proc f ON f.oid = called[1]::oid
  WHERE d.class = ${classOf("pg_constraint")} AND NOT ${isTrusted("d.author")}
    AND f.oid::int8 < ${FIRST_OID}
    AND ((f.provolatile = 'v' AND f.proname !~ '${HARMLESS}') OR f.proname ~ '${RUNS_TEXT}')
) AS untrusted
CROSS JOIN LATERAL (
  SELECT n.nspname || '.' || f.proname, pg_get_userbyid(f.proowner)
  FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE f.oid = untrusted.oid
) AS called(function_name, owner)
ORDER BY 1, 2, 3 LIMIT 10`;
}

/** SQL for the parts of the definitions of all tables concerned, each with its author: the table's owner. */
function definitionParts(): string {
  return `SELECT part.object, part.name::text, c.relowner, part.class, part.oid, part.is_checked
  FROM reached JOIN pg_catalog.pg_class c ON c.oid = reached.oid CROSS JOIN LATERAL (
    SELECT 'constraint', k.conname, ${classOf("pg_constraint")}, k.oid, true
    FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid
    UNION ALL
    SELECT 'index', x.relname, ${classOf("pg_class")}, x.oid, true
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid
    UNION ALL
    SELECT 'statistics', s.stxname, ${classOf("pg_statistic_ext")}, s.oid, true
    FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = c.oid
    UNION ALL
    SELECT 'generated column', a.attname, made_of.class, made_of.oid, true
    FROM pg_catalog.pg_attribute a CROSS JOIN LATERAL (
      SELECT ${classOf("pg_attrdef")}, g.oid
      FROM pg_catalog.pg_attrdef g WHERE g.adrelid = a.attrelid AND g.adnum = a.attnum
      UNION ALL
      -- before PostgreSQL 15 the column itself depends on what its expression calls
      SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = ${classOf("pg_class")} AND d.objid = a.attrelid AND d.objsubid = a.attnum
        AND d.refclassid IN (${followedClasses()})
    ) AS made_of(class, oid)
    WHERE a.attrelid = c.oid AND a.attgenerated <> ''
    UNION ALL
    -- the domains of other columns are not checked, but indexes and keys compare their values
    SELECT 'column', a.attname, ${classOf("pg_type")}, a.atttypid,
      a.attname::text = ANY (reached.columns)
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid::int8 >= ${FIRST_OID}
  ) AS part(object, name, class, oid, is_checked)
  UNION
  SELECT 'partition key', c.relname::text, c.relowner, ${classOf("pg_class")}, c.oid, true
  FROM partitioned JOIN pg_catalog.pg_class c ON c.oid = partitioned.oid WHERE c.relkind = 'p'`;
}

/** SQL for what a row of `definition` is made of. */
function dependencies(): string {
  const isType = `definition.class = ${classOf("pg_type")}`;
  return `SELECT definition.author, d.refclassid, d.refobjid, definition.is_checked
    FROM pg_catalog.pg_depend d
    WHERE d.classid = definition.class AND d.objid = definition.oid
      AND definition.class <> ${classOf("pg_proc")} AND d.refclassid IN (${followedClasses()})
    UNION ALL
    SELECT definition.author, ${classOf("pg_type")}, a.atttypid, definition.is_checked
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
    WHERE ${isType} AND t.oid = definition.oid AND t.typrelid <> 0
      AND a.attnum > 0 AND a.atttypid::int8 >= ${FIRST_OID}
    UNION ALL
    ${typesOfExpressions()}
    UNION ALL
    SELECT t.typowner, ${classOf("pg_constraint")}, k.oid, true
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid
    WHERE ${isType} AND t.oid = definition.oid AND definition.is_checked
    UNION ALL
    SELECT definition.author, ${classOf("pg_proc")}, c.castfunc, definition.is_checked
    FROM pg_catalog.pg_cast c
    WHERE ${isType} AND definition.oid IN (c.castsource, c.casttarget) AND c.castfunc::int8 >= ${FIRST_OID}
    UNION ALL
    SELECT definition.author, member.class, member.oid, definition.is_checked
    FROM pg_catalog.pg_opclass o CROSS JOIN LATERAL (
      SELECT ${classOf("pg_proc")}, p.amproc::oid
      FROM pg_catalog.pg_amproc p WHERE p.amprocfamily = o.opcfamily
      UNION ALL
      SELECT ${classOf("pg_operator")}, p.amopopr
      FROM pg_catalog.pg_amop p WHERE p.amopfamily = o.opcfamily
    ) AS member(class, oid)
    WHERE definition.class = ${classOf("pg_opclass")} AND o.oid = definition.oid
      AND member.oid::int8 >= ${FIRST_OID}`;
}

/** SQL for the kinds of objects that lead to functions, and functions themselves. */
function followedClasses(): string {
  return ["pg_proc", "pg_operator", "pg_opclass", "pg_opfamily", "pg_type"].map(classOf).join(", ");
}

/**
 * SQL for the types that expressions name. Dependencies do not have all of them: from PostgreSQL 17 on the
 * domain that `JSON_VALUE(… RETURNING …)` makes is missing.
 */
function typesOfExpressions(): string {
  const isOf = (catalogue: string, oid: string) =>
    `definition.class = ${classOf(catalogue)} AND ${oid} = definition.oid`;
  return `SELECT definition.author, ${classOf("pg_type")}, named[1]::oid, true
    FROM (
      SELECT k.conbin::text FROM pg_catalog.pg_constraint k WHERE ${isOf("pg_constraint", "k.oid")}
      UNION ALL
      SELECT g.adbin::text FROM pg_catalog.pg_attrdef g WHERE ${isOf("pg_attrdef", "g.oid")}
      UNION ALL
      SELECT concat(i.indexprs, i.indpred) FROM pg_catalog.pg_index i
      WHERE ${isOf("pg_class", "i.indexrelid")}
      UNION ALL
      SELECT p.partexprs::text FROM pg_catalog.pg_partitioned_table p
      WHERE ${isOf("pg_class", "p.partrelid")}
      UNION ALL
      -- as JSON, since the column is missing before PostgreSQL 14
      SELECT to_jsonb(s) ->> 'stxexprs' FROM pg_catalog.pg_statistic_ext s
      WHERE ${isOf("pg_statistic_ext", "s.oid")}
    ) AS expression(tree)
    CROSS JOIN LATERAL regexp_matches(expression.tree, ':[a-z]*typ[a-z]* ([0-9]{5,})', 'g') AS named
    WHERE named[1]::int8 >= ${FIRST_OID}`;
}

/** SQL for the catalogue's oid, by which dependencies name the kind of an object. */
function classOf(catalogue: string): string {
  return `'pg_catalog.${catalogue}'::pg_catalog.regclass::oid`;
}

/** SQL for whether a role has all rights of the role connected as: all that its code could do, it may do. */
function isTrusted(role: string): string {
  return `pg_catalog.pg_has_role(${role}, current_user, 'USAGE')`;
}
