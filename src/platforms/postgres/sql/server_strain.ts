/**
 * How strained the server is: how far its standbys and logical slots are behind, and how many sessions of
 * others are active.
 *
 * Source: PostgreSQL's documentation, "The Cumulative Statistics System" and "pg_replication_slots".
 */

/** What the role may see; the milliseconds, bytes and sessions, each null if there is nothing to measure. */
export type StrainRow = readonly [
  seesAll: boolean,
  replicaLagMs: number | null,
  slotLagBytes: number | null,
  activeSessions: number,
];

/**
 * A standby that has replayed all it was sent has no lag, whatever its last transaction took. Sessions of
 * this program's name are its own.
 */
export const SERVER_STRAIN = `SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'),
  (SELECT max(CASE WHEN replay_lsn = sent_lsn AND replay_lag IS NULL THEN 0
      ELSE extract(epoch FROM replay_lag) * 1000 END)::float8
    FROM pg_catalog.pg_stat_replication WHERE state = 'streaming'),
  (SELECT max(pg_catalog.pg_wal_lsn_diff(here.lsn, confirmed_flush_lsn))::float8
    FROM pg_catalog.pg_replication_slots
    WHERE slot_type = 'logical' AND NOT temporary),
  (SELECT count(*)::int4 FROM pg_catalog.pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend'
      AND application_name IS DISTINCT FROM pg_catalog.current_setting('application_name'))
FROM (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
  ELSE pg_catalog.pg_current_wal_lsn() END AS lsn) here`;
