/**
 * What the server's counters say of dead rows. VACUUM sets them to what it had to leave, exactly.
 *
 * Parameter: the names of tables as an array of text, as SQL takes them.
 */

/** A table: how often it was vacuumed on request, and its dead rows with those out of line, as `int8` in text. */
export type DeadRowsRow = [vacuums: string, dead: string, counted: boolean];

/** The statement. */
export function deadRowsStatement(): string {
  return `
SELECT pg_stat_get_vacuum_count(c.oid),
  pg_stat_get_dead_tuples(c.oid) + coalesce(pg_stat_get_dead_tuples(nullif(c.reltoastrelid, 0)), 0),
  current_setting('track_counts')::bool
FROM unnest($1::text[]) WITH ORDINALITY AS t(name, number) JOIN pg_class c ON c.oid = t.name::regclass
ORDER BY t.number`;
}

/** Makes the session's own counts part of them, when its transaction ends. From version 15 on. */
export const FLUSH_COUNTS = "SELECT pg_stat_force_next_flush()";
