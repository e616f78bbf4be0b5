/** Asks Vault again while that may help: it restarts, is asked too much, or the network fails. */
import { backoffMs, delay } from "../../async.ts";
import type { ServiceError } from "../../errors.ts";
import { NoReply, type VaultConnection, type VaultReply, type VaultRequest } from "./connection.ts";
import type { VaultLimits } from "./limits.ts";
import { errorsOf } from "./responses.ts";
import { closed, refused, unreachable } from "./errors.ts";

const TOO_MANY_REQUESTS = 429;
/** A server of a cluster that does not know yet what another one does. */
const NOT_YET_CONSISTENT = 412;

/** Sends a request, as often as it takes. */
export interface PatientConnection {
  /**
   * The answer to a request that Vault took on or refused for good. Throws `token_sdk_unreachable`
   * where there is none within the time allowed, `token_sdk_error` where none is to be expected.
   */
  send(request: VaultRequest, token?: string): Promise<VaultReply>;
  close(): void;
}

/** A failure of one attempt. */
interface Failure {
  readonly error: ServiceError;
  /** What is waited at least before the next attempt; undefined where none would help. */
  readonly leastWaitMs: number | undefined;
}

/** Puts patience before a connection. */
export function withPatience(connection: VaultConnection, limits: VaultLimits): PatientConnection {
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
      let before: Failure | undefined;
      for (let tries = 1;; tries++) {
        closing.signal.throwIfAborted();
        const leftMs = endMs - performance.now();
        const reply = await attempt(request, token, Math.min(limits.attemptMs, leftMs));
        closing.signal.throwIfAborted();
        const failure = failureOf(reply);
        if (failure === undefined) return reply as VaultReply;
        // cut short itself, the last attempt tells nothing
        if (before !== undefined && performance.now() >= endMs) throw before.error;
        before = failure;
        if (failure.leastWaitMs === undefined) throw failure.error;
        const waitMs = Math.max(backoffMs(tries, limits.backoff), failure.leastWaitMs);
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
    return { error, leastWaitMs: reply.isWorthRetrying ? 0 : undefined };
  }
  const { status, json, retryAfterSeconds } = reply;
  if (status >= 300 && status < 400) {
    const reason = "it redirects elsewhere, which is not followed: is VAULT_ADDR a standby server?";
    return { error: refused(reason), leastWaitMs: undefined };
  }
  if (status < 500 && status !== TOO_MANY_REQUESTS && status !== NOT_YET_CONSISTENT) {
    return undefined;
  }
  const facts = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const error = unreachable(reasonOf(status, json), facts);
  return { error, leastWaitMs: 1000 * (retryAfterSeconds ?? 0) };
}

function reasonOf(status: number, json: unknown): string {
  if (status === TOO_MANY_REQUESTS) return "it is asked too often";
  if (/sealed/i.test(errorsOf(json))) return "it is sealed";
  return `it answers with HTTP status ${status}`;
}
