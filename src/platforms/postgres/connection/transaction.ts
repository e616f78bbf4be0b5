/** A transaction of a run. */
import { ServiceError, toServiceError } from "../../../errors.ts";
import { beginStatement, type TransactionOptions } from "./begin.ts";
import type { Session } from "./session.ts";

/** The `facts.cause` of a COMMIT whose outcome is unknown. */
const OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN";

/** The connection was lost before the transaction began: nothing was done, and another one will do. */
export class LostBeforeBegin extends ServiceError {
  constructor({ code, message, facts }: ServiceError) {
    super(code, message, facts);
  }
}

/** Whether a run that failed with `error` may nevertheless have been committed. */
export function isInDoubt({ facts }: ServiceError): boolean {
  return facts.cause === OUTCOME_UNKNOWN;
}

/**
 * Begins a transaction, and commits it after `work`, or rolls it back if that throws or the signal is
 * aborted. `read` shares the round trip of BEGIN, and `work` is called with its result. It must only
 * read: if BEGIN fails, it runs outside of any transaction, and its result is discarded.
 *
 * Throws what `read` and `work` throw, and the signal's reason; `LostBeforeBegin`; or an error that
 * `isInDoubt` if the connection was lost during COMMIT.
 */
export async function inTransaction<R, T>(
  session: Session,
  options: TransactionOptions,
  signal: AbortSignal,
  read: () => Promise<R>,
  work: (found: R) => Promise<T>,
): Promise<T> {
  try {
    const [begun, found] = await Promise.allSettled([
      session.query("begin a transaction", beginStatement(options)),
      read(),
    ]);
    if (begun.status === "rejected") {
      const error = toServiceError(begun.reason);
      if (error.facts.sqlState === "42501") throw isReplica(error);
      throw error.code === "database_unreachable" ? new LostBeforeBegin(error) : error;
    }
    if (found.status === "rejected") throw found.reason;
    const result = await work(found.value);
    signal.throwIfAborted();
    await commit(session);
    return result;
  } catch (error) {
    await rollBack(session);
    throw error;
  }
}

/** The only right that BEGIN can need is the one to set session_replication_role. */
function isReplica({ facts }: ServiceError): ServiceError {
  return new ServiceError(
    "permission_denied",
    "Cannot begin a transaction: the role's session_replication_role switches foreign keys and " +
      "triggers off, and the role may not set it to origin: reset it by ALTER ROLE",
    facts,
  );
}

async function commit(session: Session): Promise<void> {
  try {
    const { command } = await session.query("commit the run", "COMMIT");
    if (command !== "COMMIT") throw failedBefore();
  } catch (error) {
    if (!session.lost) throw error;
    throw outcomeUnknown();
  }
}

function outcomeUnknown(): ServiceError {
  return new ServiceError(
    "database_unreachable",
    "Cannot tell whether the run was committed: the connection was lost during COMMIT; run it again, " +
      "which changes nothing if it was",
    { cause: OUTCOME_UNKNOWN },
  );
}

/** Postgres responds to the COMMIT of a failed transaction with a rollback, and reports no error. */
function failedBefore(): ServiceError {
  return new ServiceError(
    "database_error",
    "Cannot commit the run: one of its statements had failed, so it was rolled back",
  );
}

/** Ends the transaction without its effects. Never throws: if that fails, the connection is closed. */
export async function rollBack(session: Session): Promise<void> {
  try {
    await session.query("roll back", "ROLLBACK");
  } catch {
    await session.close(); // the server rolls back when the connection is gone
  }
}
