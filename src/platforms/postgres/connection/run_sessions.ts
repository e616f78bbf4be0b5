/**
 * The sessions of one run, which are all on one server: the run reads rows by one and writes by another, and
 * a row's address means something on one server only.
 */
import type { Session } from "./session.ts";
import type { SessionPool, SessionSource } from "./session_pool.ts";

/** Hands out sessions of a pool to one run. */
export class RunSessions implements SessionSource {
  readonly #pool: SessionPool;
  readonly #inUse = new Set<Session>();

  constructor(pool: SessionPool) {
    this.#pool = pool;
  }

  /** A session on the server of those that the run uses; on any of the servers if it uses none. */
  async acquire(signal: AbortSignal): Promise<Session> {
    const [beside] = this.#inUse;
    const session = await this.#pool.acquire(signal, beside);
    this.#inUse.add(session);
    return session;
  }

  release(session: Session): void {
    this.#inUse.delete(session);
    this.#pool.release(session);
  }
}
