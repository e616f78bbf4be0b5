/**
 * A session that says that this process lives: it holds the process's advisory lock, and those of what it
 * leads, so that all of them are free the moment that the process is gone, however it ended. It also
 * listens for what other processes notify.
 *
 * Behind a pooler in transaction mode a session has no locks of its own, and no notifications. There the
 * locks belong to a transaction that stays open, without a snapshot, and changes are found by polling.
 */
import { deadline, delay } from "../async.ts";
import { Connector } from "../platforms/postgres/connection/connector.ts";
import type { Session } from "../platforms/postgres/connection/session.ts";
import type { PostgresSettings } from "../platforms/postgres/connection/settings.ts";
import { LOCKS } from "./locks.ts";

/** The channel of the notifications. */
export const CHANNEL = "tokenize_history";

const ACTION = "hold the locks of this process";
/** How often the server is asked whether the session still stands. */
const BEAT_MS = 1000;
/** How long it may take to respond, before the locks count as lost: less than the server keeps them then. */
const RESPONSE_TIMEOUT_MS = 10_000;
const RECONNECT_MS = 1000;

/** A client that is cut off loses its locks after half a minute, and not after the two hours of TCP. */
const KEEPALIVE = [
  "SET tcp_keepalives_idle = 10",
  "SET tcp_keepalives_interval = 5",
  "SET tcp_keepalives_count = 3",
  "SET tcp_user_timeout = 30000",
];
/** The session is to stand still for as long as the process lives. */
const MAY_IDLE = "SELECT pg_catalog.set_config(name, '0', $1::bool) FROM pg_catalog.pg_settings " +
  "WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout', " +
  "'statement_timeout', 'lock_timeout')";

/** What a presence calls while it lives. */
export interface PresenceEvents {
  /** Before the process takes its lock: gives the lock's number. Throws a `ServiceError`. */
  readonly register: (signal: AbortSignal) => Promise<number>;
  /** The locks are held, and notifications come if `listens`. */
  readonly onPresent: (listens: boolean) => void;
  /** Every second while they are held. After a failure all begins again. */
  readonly onBeat: (session: Session) => Promise<void>;
  readonly onNotification: (payload: string) => void;
  /** The locks are lost, or could not be taken. */
  readonly onAbsent: (error: unknown) => void;
}

/** Keeps such a session until `signal` is aborted. Never throws. */
export async function keepPresence(
  settings: PostgresSettings,
  events: PresenceEvents,
  signal: AbortSignal,
): Promise<void> {
  const connector = new Connector(settings);
  while (!signal.aborted) {
    const lost = new AbortController();
    let session: Session | undefined;
    try {
      session = await connector.open(signal, () => lost.abort(new Error("the session is lost")));
      await live(session, events, AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (!signal.aborted) events.onAbsent(error);
    } finally {
      await session?.close();
    }
    await delay(RECONNECT_MS, signal).catch(() => {});
  }
}

/** Throws as soon as the session is lost, or the signal is aborted. */
async function live(session: Session, events: PresenceEvents, signal: AbortSignal): Promise<void> {
  const listens = !session.isPooled;
  session.onNotification = events.onNotification;
  await inTime(() => settle(session));
  const lockId = await events.register(signal);
  if (!await inTime(() => tryLock(session, LOCKS.owner, String(lockId)))) {
    throw new Error("another session still has the lock");
  }
  if (listens) await inTime(() => session.query(ACTION, `LISTEN ${CHANNEL}`));
  events.onPresent(listens);
  while (!signal.aborted) {
    await inTime(() => events.onBeat(session));
    await inTime(() => session.query(ACTION, "SELECT 1"));
    await delay(BEAT_MS, signal);
  }
}

/** Prepares a session that nobody else uses, or begins a transaction that keeps one. */
async function settle(session: Session): Promise<void> {
  const { isPooled } = session;
  if (isPooled) await session.query(ACTION, "BEGIN");
  await session.query(ACTION, MAY_IDLE, [String(isPooled)]);
  // over a Unix-domain socket the server refuses them, and needs none
  if (!isPooled) await session.query(ACTION, KEEPALIVE.join("; ")).catch(() => {});
}

/** Whether the lock is this session's from now on; `number` is SQL for an `int4`. It never waits. */
export async function tryLock(session: Session, lock: number, number: string): Promise<boolean> {
  const kind = session.isPooled ? "xact_" : "";
  const { rows: [row] } = await session.query<[isHeld: boolean]>(
    ACTION,
    `SELECT pg_catalog.pg_try_advisory_${kind}lock(${lock}, ${number})`,
  );
  return row![0];
}

function inTime<T>(work: () => Promise<T>): Promise<T> {
  return deadline(work, { limitMs: RESPONSE_TIMEOUT_MS });
}
