/**
 * The advisory lock that stands for a run on a table. The database keeps it, so it also holds between
 * processes and replicas of this program.
 */

/** The upper half of the key, "tokn": unlikely to be another program's. */
const KEY = 0x746f6b6en << 32n;

/** SQL that takes the lock until the transaction ends, true if it was free; `table` is SQL for the oid. */
export function tryLockRun(table: string): string {
  return `pg_try_advisory_xact_lock(${KEY} | ${table}::int8)`;
}

/** A query for the server process that has the lock, if any; `table` is SQL for the oid. */
export function runLockHolder(table: string): string {
  return `SELECT held.pid FROM pg_catalog.pg_locks held
      WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
        AND held.classid = ${KEY >> 32n} AND held.objid = ${table}
        AND held.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())`;
}
