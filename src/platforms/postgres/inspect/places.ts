/** Where texts of the columns may be besides the rows: the relations that hold the same texts. */

/** How many names a finding lists. */
const MAX_NAMES = 10;

/**
 * The CTE `place(oid, column, origin, above)`: relations with columns that hold the same texts as the column
 * `origin` of the table. `table` is SQL for its oid; `names` for the columns as `text[]`.
 */
export function placesCte(table: string, names: string): string {
  return `place(oid, attname, origin, above) AS (
  SELECT ${table}, n COLLATE "C", n COLLATE "C", false FROM unnest(${names}) AS n
  UNION
  SELECT next.oid, next.attname, place.origin, next.above FROM place CROSS JOIN LATERAL (
    SELECT i.inhrelid, place.attname, false FROM pg_catalog.pg_inherits i
    WHERE i.inhparent = place.oid AND NOT place.above
    UNION ALL
    SELECT i.inhparent, place.attname, true FROM pg_catalog.pg_inherits i WHERE i.inhrelid = place.oid
    UNION ALL
    SELECT k.conrelid, referring.attname::text COLLATE "C", false
    FROM pg_catalog.pg_constraint k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(own, other)
    JOIN pg_catalog.pg_attribute referring ON referring.attrelid = k.conrelid AND referring.attnum = pair.own
    JOIN pg_catalog.pg_attribute referred ON referred.attrelid = k.confrelid AND referred.attnum = pair.other
    WHERE k.contype = 'f' AND k.confupdtype = 'c' AND k.confrelid = place.oid
      AND referred.attname::text = place.attname AND NOT place.above
  ) AS next(oid, attname, above)
)`;
}

/** Names for a finding, which is to be read. */
export function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
