/**
 * Requests to the warehouse, each sent until it is answered.
 *
 * - Turned down for now (HTTP 429, 503): sent again when the warehouse says so, up to a limit.
 * - No answer: what only reads is sent again. What writes may have been done, so that is for the
 *   caller to find out: `LostAnswer`.
 * - The session or the statement is not known: `Gone`.
 */
import { abortable, backoffMs, delay } from "../../../async.ts";
import type { Authorization } from "./authorization.ts";
import { BACKOFF, type Waiting } from "./await_warehouse.ts";
import { faultOf, LostAnswer } from "./warehouse_errors.ts";

/** How long a run that is to end waits for an answer, and then for each step of tidying up. */
export const CLOSE_TIMEOUT_MS = 2000;
/** How often an unanswered request is sent, where that does no harm. */
export const ATTEMPTS = 4;

/** The warehouse does not know the session or the statement. */
export class Gone extends Error {
  override readonly name = "Gone";
}

/** What kind of request it is. */
export interface CallOptions {
  /** Sending it twice does no harm. */
  readonly repeatable: boolean;
  /** Nothing was answered before: an address that cannot be reached is a wrong one. */
  readonly isFirst?: boolean;
}

/** What a run's requests have in common. */
export interface CallContext {
  readonly authorization: Authorization;
  readonly waiting: Waiting;
  readonly signal: AbortSignal;
}

/** The way to the warehouse, until it is closed. */
export class Calls {
  readonly #context: CallContext;
  #isClosed = false;

  constructor(context: CallContext) {
    this.#context = context;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No further request is sent: what is still under way beside this ends with `Gone`. */
  close(): void {
    this.#isClosed = true;
  }

  /** Throws `Gone`, `LostAnswer`, a `ServiceError`, or the signal's reason. */
  async send<T>(
    action: string,
    { repeatable, isFirst = false }: CallOptions,
    send: () => Promise<T>,
  ): Promise<T> {
    const { authorization, waiting, signal } = this.#context;
    let unanswered = 0;
    for (let renewed = false;;) {
      signal.throwIfAborted();
      if (this.#isClosed) throw new Gone(action);
      try {
        const answer = await abortable(send(), signal, CLOSE_TIMEOUT_MS);
        waiting.atEase();
        return answer;
      } catch (thrown) {
        signal.throwIfAborted();
        const fault = faultOf(thrown, action);
        if (fault.kind === "gone") throw new Gone(action);
        if (fault.kind === "failed") throw fault.error;
        if (fault.kind === "refused") {
          if (fault.status === 429) await waiting.forTurn(action, fault);
          else await waiting.forStart(action, fault.retryAfterSeconds);
        } else if (fault.kind === "unauthorized") {
          if (renewed || !authorization.renew()) throw fault.error;
          renewed = true;
        } else {
          if (fault.kind === "unsent" && isFirst) throw fault.error;
          if (fault.kind === "unanswered" && !repeatable) throw new LostAnswer(action);
          if (++unanswered === ATTEMPTS) throw fault.error;
          await delay(backoffMs(unanswered, BACKOFF), signal);
        }
      }
    }
  }
}
