/**
 * What the cumulative statistics say of dead rows. VACUUM sets them to exactly what it could not remove.
 *
 * Parameter: the tables' names, quoted as SQL requires it, as an array of text.
 */

/**
 * A table: how often it was vacuumed on request, its dead rows and those of its out-of-line values (each
 * an `int8`, as text), and whether the server keeps such counts.
 */
export type DeadRowsRow = [vacuums: string, dead: string, counted: boolean];

/** Gives a `DeadRowsRow` for each table, in their order. */
export function deadRowsStatement(): string {
  return `
SELECT pg_stat_get_vacuum_count(c.oid),
  pg_stat_get_dead_tuples(c.oid) + coalesce(pg_stat_get_dead_tuples(nullif(c.reltoastrelid, 0)), 0),
  current_setting('track_counts')::bool
FROM unnest($1::text[]) WITH ORDINALITY AS t(name, number) JOIN pg_catalog.pg_class c ON c.oid = t.name::regclass
ORDER BY t.number`;
}

/** Adds the session's own counts to them when its transaction ends. From version 15 on. */
export const FLUSH_COUNTS = "SELECT pg_stat_force_next_flush()";
