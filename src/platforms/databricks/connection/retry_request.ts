/**
 * Sends requests to the warehouse, each until there is a response.
 *
 * - Refused for now (HTTP 429, 503): sent again when the warehouse says so, up to a limit.
 * - The access token was refused (HTTP 401): sent again once, if there may be a better token.
 * - Never sent, or no response: sent again after a pause if that does no harm. A write may have been
 *   done, so that is for the caller to find out: `OutcomeUnknownError`.
 * - The session or the statement is not known: `StaleHandleError`.
 */
import { abortable, backoffMs, delay } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { Authorization } from "./authorization.ts";
import { BACKOFF, type WarehouseWait } from "./await_warehouse.ts";
import { type Fault, faultOf, OutcomeUnknownError, StaleHandleError } from "./warehouse_errors.ts";

/** How long a run that is to end waits for a response, and then for each step of tidying up. */
export const CLOSE_TIMEOUT_MS = 2000;
/** How often a request without a response is sent, if that does no harm. */
export const ATTEMPTS = 4;

/** What kind of request it is. */
export interface RequestOptions {
  /** Whether sending it twice does no harm. */
  readonly repeatable: boolean;
  /** Whether no response came before: an address that cannot be reached is then a wrong one. */
  readonly isFirst?: boolean;
  /** Ends the request early, with its own reason, beside the run's signal. */
  readonly signal?: AbortSignal;
}

/** What a run's requests have in common. */
export interface RequestContext {
  readonly authorization: Pick<Authorization, "renew">;
  readonly wait: WarehouseWait;
  /** Ends every request, with its own reason. */
  readonly signal: AbortSignal;
}

/** What has become of one request so far. */
interface Attempt {
  /** How often no response came. */
  unanswered: number;
  hasRenewedToken: boolean;
}

/** The requests of one run, until it is closed. */
export class Requests {
  readonly #context: RequestContext;
  #isClosed = false;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No further request is sent: what is still under way ends with `StaleHandleError`. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * The result of `send`, which sends the request once. `action` says what it is for, as in
   * "Cannot <action>". Throws `StaleHandleError`, `OutcomeUnknownError`, a `ServiceError`, or a
   * signal's reason.
   */
  async send<T>(action: string, options: RequestOptions, send: () => Promise<T>): Promise<T> {
    const { wait } = this.#context;
    const signal = options.signal === undefined
      ? this.#context.signal
      : AbortSignal.any([this.#context.signal, options.signal]);
    const attempt: Attempt = { unanswered: 0, hasRenewedToken: false };
    for (;;) {
      signal.throwIfAborted();
      if (this.#isClosed) throw new StaleHandleError(action);
      try {
        const result = await abortable(send(), signal, CLOSE_TIMEOUT_MS);
        wait.onAccepted();
        return result;
      } catch (thrown) {
        signal.throwIfAborted();
        await this.#prepareNext(attempt, faultOf(thrown, action), action, options);
      }
    }
  }

  /** Returns when the request can be sent again. Throws if it cannot. */
  async #prepareNext(
    attempt: Attempt,
    fault: Fault,
    action: string,
    { repeatable, isFirst = false }: RequestOptions,
  ): Promise<void> {
    const { authorization, wait, signal } = this.#context;
    switch (fault.kind) {
      case "failed":
        throw fault.error;
      case "stale_handle":
        throw new StaleHandleError(action);
      case "rate_limited":
        return await wait.awaitRateLimit(action, fault);
      case "unavailable":
        return await wait.awaitStart(action, fault.retryAfterSeconds);
      case "unauthorized":
        if (attempt.hasRenewedToken || !authorization.renew()) throw fault.error;
        attempt.hasRenewedToken = true;
        return;
      case "unsent":
        if (isFirst || ++attempt.unanswered === ATTEMPTS) throw fault.error;
        return await delay(backoffMs(attempt.unanswered, BACKOFF), signal);
      case "unanswered":
        if (!repeatable) throw new OutcomeUnknownError(action);
        if (++attempt.unanswered === ATTEMPTS) throw fault.error;
        return await delay(backoffMs(attempt.unanswered, BACKOFF), signal);
      default:
        fault satisfies never;
    }
  }
}

/** Whether the response to a statement is lost, or its session. */
export function isInterruption(error: unknown): boolean {
  return error instanceof StaleHandleError || error instanceof OutcomeUnknownError;
}

/** What to report if that happens repeatedly; `error` itself if it is something else. */
export function interrupted(error: unknown, action: string): unknown {
  if (!isInterruption(error)) return error;
  return new ServiceError(
    "database_unreachable",
    `Cannot ${action}: the connection to the warehouse was lost repeatedly`,
    { cause: "CONNECTION_LOST" },
  );
}
