/** Sessions on loan: each is taken from the pool for a piece of work, and given back clean or closed. */
import { toServiceError } from "../../../errors.ts";
import { PartlyDone } from "../../ended_run.ts";
import type { Session } from "./session.ts";
import type { SessionSource } from "./session_pool.ts";
import type { TransactionLimits } from "./settings.ts";
import { begin, isInDoubt, LostBeforeBegin, rollBack } from "./transaction.ts";

/** How many sessions that turn out to be lost are replaced: as many as may idle after simultaneous runs. */
const MAX_LOST = 8;

/**
 * Calls `use` with a session. When `signal` is aborted, the statement under way is cancelled, and the
 * signal's reason is thrown. Throws what `use` throws; `database_unreachable` if there is no session.
 */
export async function withSession<T>(
  pool: SessionSource,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return await withLease(pool, await pool.acquire(signal), signal, use);
}

/**
 * The same, but if the session turns out to be lost when `use` begins its transaction, as one that idled
 * may, `use` is called again with another.
 */
export async function withLiveSession<T>(
  pool: SessionSource,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  return await replacingLost(() => withSession(pool, signal, use));
}

/**
 * Calls `use` with a session that reads from one snapshot, taken at its first statement; a session that
 * turns out to be lost before that is replaced. Gives undefined, without a call, if the server has no
 * connection to spare.
 */
export async function withSnapshotReader<T>(
  pool: SessionSource,
  signal: AbortSignal,
  limits: TransactionLimits,
  use: (reader: Session) => Promise<T>,
): Promise<T | undefined> {
  return await replacingLost(async () => {
    let session: Session;
    try {
      session = await pool.acquire(signal);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
    return await withLease(pool, session, signal, (reader) => readSnapshot(reader, limits, use));
  });
}

async function readSnapshot<T>(
  reader: Session,
  { lockTimeoutMs, statementTimeoutMs }: TransactionLimits,
  use: (reader: Session) => Promise<T>,
): Promise<T> {
  const isolation = "REPEATABLE READ";
  const options = { isolation, readOnly: true, lockTimeoutMs, statementTimeoutMs } as const;
  try {
    await begin(reader, options, () => Promise.resolve());
    return await use(reader);
  } finally {
    await rollBack(reader);
  }
}

/** Does `work` again if its session turned out to be lost before its transaction began. */
async function replacingLost<T>(work: () => Promise<T>): Promise<T> {
  for (let lost = 0;; lost++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LostBeforeBegin) || lost === MAX_LOST) throw error;
    }
  }
}

async function withLease<T>(
  pool: SessionSource,
  session: Session,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const cancel = () => session.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    signal.throwIfAborted(); // while the session was taken
    return await use(session);
  } catch (error) {
    // a statement cancelled because of the signal fails for the signal's reason
    const saysOutcome = error instanceof PartlyDone || isInDoubt(toServiceError(error));
    throw signal.aborted && !saysOutcome ? toServiceError(signal.reason) : error;
  } finally {
    signal.removeEventListener("abort", cancel);
    pool.release(session);
  }
}
