/** A transaction of a run. */
import { ServiceError, toServiceError } from "../../../errors.ts";
import type { Session } from "./session.ts";
import { beginStatement, type TransactionOptions } from "./begin.ts";

/** The cause of the failure of which it is not known whether it undid the run. */
export const COMMIT_UNKNOWN = "COMMIT_UNKNOWN";

/** The connection was gone before the transaction began: nothing was done, another one will do. */
export class LostBeforeBegin extends ServiceError {
  constructor({ code, message, facts }: ServiceError) {
    super(code, message, facts);
  }
}

/**
 * Commits what `work` did, or rolls it back where it throws or the run is ended. `look` goes before it,
 * in the same round trip as BEGIN: it must only read, since where BEGIN fails, it runs outside of any
 * transaction; what it gave is not used then.
 */
export async function inTransaction<L, T>(
  session: Session,
  options: TransactionOptions,
  signal: AbortSignal,
  look: () => Promise<L>,
  work: (looked: L) => Promise<T>,
): Promise<T> {
  try {
    const [begun, looked] = await Promise.allSettled([
      session.query("begin a transaction", beginStatement(options)),
      look(),
    ]);
    if (begun.status === "rejected") {
      const error = toServiceError(begun.reason);
      throw error.code === "database_unreachable" ? new LostBeforeBegin(error) : error;
    }
    if (looked.status === "rejected") throw looked.reason;
    const result = await work(looked.value);
    signal.throwIfAborted();
    await commit(session);
    return result;
  } catch (error) {
    await rollBack(session);
    throw error;
  }
}

async function commit(session: Session): Promise<void> {
  try {
    const { command } = await session.query("commit the run", "COMMIT");
    if (command !== "COMMIT") throw failedBefore();
  } catch (error) {
    if (!session.lost) throw error;
    throw new ServiceError(
      "database_unreachable",
      "Cannot tell whether the run was committed: the connection was lost meanwhile; run it again, " +
        "which changes nothing if it was",
      { cause: COMMIT_UNKNOWN },
    );
  }
}

/** Postgres answers the COMMIT of a failed transaction with a rollback, and calls that a success. */
function failedBefore(): ServiceError {
  return new ServiceError(
    "database_error",
    "Cannot commit the run: one of its statements had failed, so it was rolled back",
  );
}

/** Ends the transaction without its effects. */
export async function rollBack(session: Session): Promise<void> {
  try {
    await session.query("roll back", "ROLLBACK");
  } catch {
    await session.close(); // the server rolls back when the connection goes
  }
}
