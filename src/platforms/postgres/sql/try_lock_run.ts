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
