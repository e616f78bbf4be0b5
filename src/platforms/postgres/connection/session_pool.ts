/** Sessions kept for a while after a run, so that the next run need not connect. */
import { deadline } from "../../../async.ts";
import { Connector } from "./connector.ts";
import { resetSession } from "./reset_session.ts";
import type { Session } from "./session.ts";
import type { PostgresSettings } from "./settings.ts";

/** How long a session may idle before it is closed. */
const IDLE_MS = 30_000;
/** A session that idled no longer than this is used unchecked: its loss would have been noticed. */
const FRESH_MS = 1000;
/** How long an idle session may take to respond before it counts as lost. */
const RESPONSE_TIMEOUT_MS = 2000;

interface Idle {
  /** Settles once the session is as new, or closed. */
  readonly reset: Promise<void>;
  readonly sinceMs: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Where sessions are taken from, and given back to. */
export interface SessionSource {
  /** A session that nobody else uses. Throws `database_unreachable`, or the signal's reason. */
  acquire(signal: AbortSignal): Promise<Session>;
  /** Takes back a session, which must be outside of any transaction; else close it instead. */
  release(session: Session): void;
}

/** Hands out sessions. The caller bounds how many are in use at once. */
export class SessionPool implements SessionSource {
  readonly #connector: Connector;
  readonly #idle = new Map<Session, Idle>();
  /** Those handed out, unless they are lost. */
  readonly #inUse = new Set<Session>();
  #closed = false;

  constructor(settings: PostgresSettings) {
    this.#connector = new Connector(settings);
  }

  /**
   * An idle session, or a new one; on the same server as `beside`, if that is given. Throws
   * `database_unreachable`, or the signal's reason.
   */
  async acquire(signal: AbortSignal, beside?: Session): Promise<Session> {
    const session = await this.#take(signal, beside);
    if (!session.lost) this.#inUse.add(session);
    return session;
  }

  async #take(signal: AbortSignal, beside: Session | undefined): Promise<Session> {
    for (const [session, { sinceMs, reset }] of this.#idle) {
      if (beside !== undefined && session.server !== beside.server) continue;
      this.#forget(session);
      await reset;
      if (session.lost) continue;
      if (performance.now() - sinceMs < FRESH_MS || await responds(session)) return session;
    }
    return await this.#connector.open(signal, (session) => this.#drop(session), beside);
  }

  /** How many sessions are handed out. */
  get inUse(): number {
    return this.#inUse.size;
  }

  /** How many sessions are kept for the next run. */
  get idle(): number {
    return this.#idle.size;
  }

  release(session: Session): void {
    this.#inUse.delete(session);
    if (session.lost) return;
    if (this.#closed || !session.reusable) return void session.close();
    const timer = setTimeout(() => this.#expire(session), IDLE_MS);
    const reset = resetSession(session); // meanwhile the run is reported
    this.#idle.set(session, { sinceMs: performance.now(), timer, reset });
  }

  /** Closes the idle sessions, and those released later. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#idle.keys()].map((session) => this.#expire(session)));
  }

  async #expire(session: Session): Promise<void> {
    this.#forget(session);
    await session.close();
  }

  #drop(session: Session): void {
    this.#inUse.delete(session);
    this.#forget(session);
  }

  #forget(session: Session): void {
    clearTimeout(this.#idle.get(session)?.timer);
    this.#idle.delete(session);
  }
}

/** Whether the session's connection still works. If it does not, it is closed. */
async function responds(session: Session): Promise<boolean> {
  try {
    await deadline(() => session.query("query Postgres", "SELECT 1"), {
      limitMs: RESPONSE_TIMEOUT_MS,
    });
    return true;
  } catch {
    void session.close();
    return false;
  }
}
