/** Repeats requests to Vault while that may help: it restarts, is overloaded, or the network fails. */
import { backoffMs, delay } from "../../async.ts";
import type { ServiceError } from "../../errors.ts";
import { NoReply, type VaultConnection, type VaultReply, type VaultRequest } from "./connection.ts";
import type { VaultLimits } from "./limits.ts";
import { errorsOf } from "./responses.ts";
import { closed, refused, unreachable } from "./errors.ts";

const TOO_MANY_REQUESTS = 429;
/** A server of a cluster that has not yet caught up with another one. */
const NOT_YET_CONSISTENT = 412;

/** Sends each request as often as necessary. */
export interface RetryingConnection {
  /**
   * The response to a request that Vault carried out or refused for good. Throws
   * `token_sdk_unreachable` if there is none within the time allowed, `token_sdk_error` if there will
   * be none.
   */
  send(request: VaultRequest, token?: string): Promise<VaultReply>;
  close(): void;
}

/** A failure of one attempt. */
interface Failure {
  readonly error: ServiceError;
  /** The shortest wait before the next attempt; undefined if another would not help. */
  readonly minWaitMs: number | undefined;
}

/** Adds retries to a connection. */
export function withRetries(connection: VaultConnection, limits: VaultLimits): RetryingConnection {
  const closing = new AbortController();
  const attempt = async (request: VaultRequest, token: string | undefined, timeoutMs: number) => {
    try {
      return await connection.exchange(request, token, timeoutMs);
    } catch (error) {
      if (error instanceof NoReply) return error;
      throw error;
    }
  };
  return {
    async send(request, token) {
      const endMs = performance.now() + limits.totalMs;
      let previous: Failure | undefined;
      for (let tries = 1;; tries++) {
        closing.signal.throwIfAborted();
        const leftMs = endMs - performance.now();
        const reply = await attempt(request, token, Math.min(limits.attemptMs, leftMs));
        closing.signal.throwIfAborted();
        const failure = failureOf(reply);
        if (failure === undefined) return reply as VaultReply;
        // the last attempt was cut short, so its failure means nothing
        if (previous !== undefined && performance.now() >= endMs) throw previous.error;
        previous = failure;
        if (failure.minWaitMs === undefined) throw failure.error;
        const waitMs = Math.max(backoffMs(tries, limits.backoff), failure.minWaitMs);
        if (performance.now() + waitMs >= endMs) throw failure.error;
        await delay(waitMs, closing.signal);
      }
    },
    close() {
      closing.abort(closed());
      connection.close();
    },
  };
}

function failureOf(reply: VaultReply | NoReply): Failure | undefined {
  if (reply instanceof NoReply) {
    const error = unreachable(reply.reason);
    return { error, minWaitMs: reply.isWorthRetrying ? 0 : undefined };
  }
  const { status, json, retryAfterSeconds } = reply;
  if (status >= 300 && status < 400) {
    const reason =
      "it redirects to another server, which is not followed: is VAULT_ADDR a standby server?";
    return { error: refused(reason), minWaitMs: undefined };
  }
  if (status < 500 && status !== TOO_MANY_REQUESTS && status !== NOT_YET_CONSISTENT) {
    return undefined;
  }
  const facts = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const error = unreachable(reasonOf(status, json), facts);
  return { error, minWaitMs: 1000 * (retryAfterSeconds ?? 0) };
}

function reasonOf(status: number, json: unknown): string {
  if (status === TOO_MANY_REQUESTS) return "there are too many requests";
  if (/sealed/i.test(errorsOf(json))) return "it is sealed";
  return `it responds with HTTP status ${status}`;
}
