/** The connections of a run: each is borrowed from the pool, and given back clean or closed. */
import { toServiceError } from "../../../errors.ts";
import type { Session } from "./session.ts";
import type { SessionPool } from "./session_pool.ts";
import { beginStatement } from "./begin.ts";
import { COMMIT_UNKNOWN, rollBack } from "./transaction.ts";

/**
 * Calls `use` with a session, which goes back to the pool unless it is lost. When `signal` is aborted,
 * the statement under way is cancelled, and the signal's reason is thrown.
 */
export async function withSession<T>(
  pool: SessionPool,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return await lend(pool, await pool.acquire(signal), signal, use);
}

/**
 * Calls `use` with a second session that reads from one snapshot, taken at its first statement; with
 * none where the server has no second connection to give.
 */
export async function withSnapshotReader<T>(
  pool: SessionPool,
  signal: AbortSignal,
  lockTimeoutMs: number,
  use: (reader: Session | undefined) => Promise<T>,
): Promise<T> {
  let session: Session;
  try {
    session = await pool.acquire(signal);
  } catch {
    signal.throwIfAborted();
    return await use(undefined);
  }
  return await lend(pool, session, signal, async (reader) => {
    const begin = { isolation: "REPEATABLE READ", readOnly: true, lockTimeoutMs } as const;
    try {
      await reader.query("begin a transaction", beginStatement(begin));
      return await use(reader);
    } finally {
      await rollBack(reader);
    }
  });
}

async function lend<T>(
  pool: SessionPool,
  session: Session,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const cancel = () => session.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await use(session);
  } catch (error) {
    // a statement that was cancelled for the signal's sake reports the signal's reason
    const { facts } = toServiceError(error);
    throw signal.aborted && facts.cause !== COMMIT_UNKNOWN ? toServiceError(signal.reason) : error;
  } finally {
    signal.removeEventListener("abort", cancel);
    pool.release(session);
  }
}
