/**
 * How strained the server is: how far its standbys and logical slots are behind, and how many sessions of
 * others are active.
 *
 * Source: PostgreSQL's documentation, "The Cumulative Statistics System" and "pg_replication_slots".
 */

/** What was measured; null where there is nothing to measure. Positions are bytes of the log since its start. */
export type StrainRow = readonly [
  seesAll: boolean,
  written: number | null,
  /** By the standby that is furthest behind. */
  replayed: number | null,
  replayLagMs: number | null,
  slotLagBytes: number | null,
  activeSessions: number,
];

/** Sessions of this program's name are its own. */
export const SERVER_STRAIN = `SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'),
  here.written,
  (SELECT min(pg_catalog.pg_wal_lsn_diff(replay_lsn, '0/0'))::float8
    FROM pg_catalog.pg_stat_replication WHERE state = 'streaming'),
  (SELECT max(extract(epoch FROM replay_lag) * 1000)::float8
    FROM pg_catalog.pg_stat_replication WHERE state = 'streaming'),
  (SELECT max(here.written - pg_catalog.pg_wal_lsn_diff(confirmed_flush_lsn, '0/0'))::float8
    FROM pg_catalog.pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary),
  (SELECT count(*)::int4 FROM pg_catalog.pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend'
      AND application_name IS DISTINCT FROM pg_catalog.current_setting('application_name'))
FROM (SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::float8 AS written) here`;
