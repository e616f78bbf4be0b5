/**
 * Takes from a session what a run may have left in it, so that the next run finds it as new: settings,
 * temporary tables, session locks, subscriptions, another role.
 *
 * DISCARD ALL, which poolers use, also drops the prepared statements, and planning the look-up again takes
 * longer than a run with nothing to do. So they stay, unless one was made by SQL: the program makes
 * its own by the protocol, and nothing else can.
 *
 * Source: PostgreSQL documentation, "DISCARD".
 */
import type { Session } from "./session.ts";

/** How long the server may take. */
const RESET_TIMEOUT_MS = 2000;

const ACTION = "reset the session";

const RESET = [
  "RESET SESSION AUTHORIZATION",
  "RESET ROLE",
  "RESET ALL",
  "CLOSE ALL",
  "UNLISTEN *",
  "DISCARD TEMP",
  "DISCARD SEQUENCES",
  "SELECT pg_catalog.pg_advisory_unlock_all(), " +
  "EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)",
].join("; ");

/** The row that it ends with. */
type ResetRow = [null, hasForeignStatement: boolean];

/**
 * Sends what resets the session along with what ends its transaction, so that the next run need not wait
 * for it. `resetSession` waits for the result. Never throws.
 */
export function sendReset(session: Session): void {
  if (session.isPooled || !session.reusable) return;
  const resetting = reset(session);
  resetting.catch(() => {});
  session.resetting = resetting;
}

/** Resets the session, which must be outside of any transaction. If that fails, it is closed. Never throws. */
export async function resetSession(session: Session): Promise<void> {
  if (session.isPooled) return;
  const timer = setTimeout(() => void session.close(), RESET_TIMEOUT_MS);
  try {
    await (session.resetting ?? reset(session));
  } catch {
    await session.close();
  } finally {
    clearTimeout(timer);
  }
}

async function reset(session: Session): Promise<void> {
  const { rows: [row] } = await session.query<ResetRow>(ACTION, RESET);
  const [, hasForeignStatement] = row!;
  if (hasForeignStatement) await session.close();
}
