/**
 * The advisory lock that stands for a run on a table. It is the database's, so it holds between
 * processes and replicas too.
 */

/** The upper half of the key, so that it is unlikely to be some other program's: "tokn". */
const KEY = 0x746f6b6en << 32n;

/** Locks until the transaction ends: SQL for whether it was free; `table` is SQL for the oid. */
export function tryLockRun(table: string): string {
  return `pg_try_advisory_xact_lock(${KEY} | ${table}::int8)`;
}

/** Locks the same until unlocked, or until the session ends: for runs of many transactions. */
export function tryLockRunForSessionStatement(tableOid: number): string {
  return `SELECT pg_try_advisory_lock(${keyOf(tableOid)})`;
}

/** Ends that lock. */
export function unlockRunStatement(tableOid: number): string {
  return `SELECT pg_advisory_unlock(${keyOf(tableOid)})`;
}

function keyOf(tableOid: number): bigint {
  return KEY | BigInt(tableOid);
}
