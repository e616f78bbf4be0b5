/** A transaction of a run. */
import { ServiceError, toServiceError } from "../../../errors.ts";
import { beginStatement, beginStatements, type TransactionOptions } from "./begin.ts";
import { sendReset } from "./reset_session.ts";
import { PREPARED, ROLLBACK, type Session } from "./session.ts";

/** The `facts.cause` of a COMMIT whose outcome is unknown. */
const OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN";

/** The connection was lost before the transaction began: nothing was done, and another one will do. */
export class LostBeforeBegin extends ServiceError {
  constructor({ code, message, facts }: ServiceError) {
    super(code, message, facts);
  }
}

/** `error`, as a `LostBeforeBegin` if the connection is lost: for what had written nothing by then. */
export function lostBeforeBegin(error: unknown): unknown {
  const isLost = error instanceof ServiceError && error.code === "database_unreachable";
  return isLost ? new LostBeforeBegin(error) : error;
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
  return await inOpenTransaction(
    session,
    signal,
    async () => work(await begin(session, options, read)),
  );
}

/**
 * The same for a transaction that `work` begins by `sendBegin`, and may end by `sendEnd`: `isOpen` gives
 * whether it has to be ended.
 */
export async function inOpenTransaction<T>(
  session: Session,
  signal: AbortSignal,
  work: () => Promise<T>,
  isOpen: () => boolean = () => true,
): Promise<T> {
  try {
    const result = await work();
    signal.throwIfAborted();
    if (isOpen()) await commit(session);
    return result;
  } catch (error) {
    if (isOpen()) await rollBack(session);
    throw error;
  }
}

/**
 * Sends BEGIN, joined to what is sent next: none of that is run if it fails, and a caller need not wait.
 * Throws a `ServiceError`.
 */
export async function sendBegin(session: Session, options: TransactionOptions): Promise<void> {
  await Promise.all(
    beginStatements(options).map((statement) =>
      session.query("begin a transaction", statement, PREPARED, { joinsNext: true })
    ),
  );
}

/** Sends what ends a transaction that has written nothing, and the reset. Throws a `ServiceError`. */
export async function sendEnd(session: Session): Promise<void> {
  const ending = session.query("end the transaction", "COMMIT");
  sendReset(session);
  await ending;
}

/**
 * Does `work`, on other sessions, while a transaction that was begun with `read` stays open on this one,
 * with the locks that `read` took. It reads no row, so it ends by a rollback. The server's limits for idle
 * transactions do not apply to it. Throws what `read` and `work` throw; `LostBeforeBegin`.
 */
export async function whileOpen<R, T>(
  session: Session,
  options: TransactionOptions,
  read: () => Promise<R>,
  work: (found: R) => Promise<T>,
): Promise<T> {
  try {
    const found = await begin(session, options, read);
    // a statement without parameters, which also closes the portal of `read`: its snapshot would keep VACUUM
    // from what the batches leave
    await mayIdle(session);
    return await work(found);
  } finally {
    await rollBack(session);
  }
}

/** Lets the transaction that the session is in wait for as long as it has to. */
export async function mayIdle(session: Session): Promise<void> {
  await session.query("hold the lock of the run", MAY_IDLE);
}

/** From version 17 on, a transaction's whole time can be limited too. */
const MAY_IDLE = "SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings " +
  "WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')";

/**
 * Begins a transaction and gives the result of `read`, which shares the round trip. Throws what `read`
 * throws; `LostBeforeBegin`; `permission_denied`.
 */
export async function begin<R>(
  session: Session,
  options: TransactionOptions,
  read: () => Promise<R>,
): Promise<R> {
  const [begun, found] = await Promise.allSettled([
    session.query("begin a transaction", beginStatement(options)),
    read(),
  ]);
  if (begun.status === "rejected") {
    const error = toServiceError(begun.reason);
    if (error.facts.sqlState === "42501") throw isReplica(error);
    if (error.code !== "database_unreachable") throw error;
    throw new LostBeforeBegin(session.isPooled ? closedByPooler(error) : error);
  }
  if (found.status === "rejected") throw found.reason;
  return found.value;
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

/** PgBouncer in statement mode responds to BEGIN by closing the connection, and so does every attempt. */
function closedByPooler({ code, facts }: ServiceError): ServiceError {
  return new ServiceError(
    code,
    "Cannot begin a transaction: the connection pooler closed the connection, as PgBouncer does in " +
      "statement mode: set its mode to transaction or session",
    facts,
  );
}

async function commit(session: Session): Promise<void> {
  try {
    const committing = session.query("commit the run", "COMMIT");
    sendReset(session);
    const { command } = await committing;
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
    await session.query("roll back", ROLLBACK);
  } catch {
    await session.close(); // the server rolls back when the connection is gone
  }
}
