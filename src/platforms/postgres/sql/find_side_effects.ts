/**
 * What else an UPDATE of the columns would set off, in the table, its partitions and the tables that
 * inherit from it, and wherever foreign keys ON UPDATE CASCADE carry it from there.
 */

/**
 * What a hook does.
 *
 * - `fires`: a trigger or a rule, which may do anything.
 * - `wipes`: a foreign key that sets the rows that refer to a value to NULL or to a default.
 * - `returns`: a foreign key that cascades into the table itself, behind the run's back.
 */
export type HookEffect = "fires" | "wipes" | "returns";

/** One of them, by its name. */
export type HookRow = [effect: HookEffect, name: string];

/** The query, which gives `HookRow`s; `table` and `columns` are SQL for an oid and an array of text. */
export function findHooksQuery(table: string, columns: string): string {
  return `
WITH RECURSIVE member(oid) AS (
  SELECT ${table} UNION SELECT i.inhrelid FROM pg_inherits i JOIN member m ON m.oid = i.inhparent
), reached(oid, columns) AS (
  SELECT ${table}, ${columns} COLLATE "C"
  UNION
  SELECT next.oid, next.columns FROM reached CROSS JOIN LATERAL (
    SELECT i.inhrelid, reached.columns FROM pg_inherits i WHERE i.inhparent = reached.oid
    UNION ALL
    SELECT k.conrelid, ${names("k.conrelid", "k.conkey")} FROM pg_constraint k
    WHERE k.contype = 'f' AND k.confrelid = reached.oid AND k.confupdtype = 'c'
      AND ${names("k.confrelid", "k.confkey")} && reached.columns
  ) AS next(oid, columns)
)
SELECT 'fires', t.tgname::text FROM reached JOIN pg_trigger t ON t.tgrelid = reached.oid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND (t.tgtype & 16) <> 0
  AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
      -- a generated column changes with the columns it is made from
      AND (a.attname::text = ANY (reached.columns) OR a.attgenerated <> '')))
UNION
SELECT 'fires', r.rulename::text FROM reached JOIN pg_rewrite r ON r.ev_class = reached.oid
WHERE r.ev_type = '2' AND r.ev_enabled <> 'D'
UNION
SELECT CASE WHEN k.confupdtype = 'c' THEN 'returns' ELSE 'wipes' END, k.conname::text
FROM reached JOIN pg_constraint k ON k.confrelid = reached.oid
WHERE k.contype = 'f' AND ${names("k.confrelid", "k.confkey")} && reached.columns
  AND (k.confupdtype IN ('n', 'd')
    OR (k.confupdtype = 'c' AND k.conrelid IN (SELECT member.oid FROM member)))
ORDER BY 1, 2`;
}

/** The names of a constraint's columns. */
function names(table: string, numbers: string): string {
  return `(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = ${table} AND a.attnum = ANY (${numbers}))`;
}
