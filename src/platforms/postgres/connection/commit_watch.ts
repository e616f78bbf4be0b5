/** Watches a COMMIT from another connection: it may wait for a synchronous standby, and for ever. */
import { delay } from "../../../async.ts";
import type { Session } from "./session.ts";
import { withSession } from "./session_lease.ts";
import type { SessionSource } from "./session_pool.ts";

/** Source: PostgreSQL documentation, "27.2.3 pg_stat_activity", wait events of type IPC. */
const WAITS_FOR_STANDBY =
  "SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = $1::int4 AND wait_event = 'SyncRep'";

/** How long a COMMIT may take before it is worth a connection to watch it. */
const FIRST_CHECK_MS = 1000;
const CHECK_INTERVAL_MS = 1000;

/**
 * Does `transact`, which calls the function that it is given before its COMMIT. Calls `onWaiting` if that
 * waits for a synchronous standby. Throws what `transact` throws.
 */
export async function watchingCommit<T>(
  pool: SessionSource,
  session: Session,
  onWaiting: () => void,
  transact: (atCommit: () => void) => Promise<T>,
): Promise<T> {
  let stopWatching = () => {};
  try {
    return await transact(() => stopWatching = watchCommit(pool, session, onWaiting));
  } finally {
    stopWatching();
  }
}

/** Until the function that is returned is called. Never throws: a COMMIT that cannot be watched is not. */
function watchCommit(
  pool: SessionSource,
  session: Session,
  onWaiting: () => void,
): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  const watch = async (watcher: Session) => {
    const parameters = [String(session.pid)];
    while (true) {
      const { rows } = await watcher.query("watch the COMMIT", WAITS_FOR_STANDBY, parameters);
      if (rows.length > 0) return onWaiting();
      await delay(CHECK_INTERVAL_MS, signal);
    }
  };
  let isWatching = false;
  const timer = setTimeout(() => {
    isWatching = true;
    withSession(pool, signal, watch).catch(() => {});
  }, FIRST_CHECK_MS);
  return () => {
    clearTimeout(timer);
    if (isWatching) stopped.abort(); // which takes longer than the rest, as it makes an error
  };
}
