/**
 * Waits for a warehouse that is starting, or that has too much to do: up to a limit, visibly in the
 * log, and no longer than the run lasts.
 */
import { backoffMs, type BackoffOptions, delay } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { RunContext } from "../../platform.ts";
import type { DatabricksSettings } from "./settings.ts";
import type { Fault } from "./warehouse_errors.ts";

/** Delays when the warehouse names none. */
export const BACKOFF: BackoffOptions = { firstMs: 500, maxMs: 10_000 };
/** The log says that the warehouse is being waited for after this long, and then as often. */
const SHOW_AFTER_MS = 2000;
const SHOW_EVERY_MS = 5000;
/** How often the limit is checked while a single request waits for the start. */
const CHECK_EVERY_MS = 500;

/** What is needed of the run that waits. */
export type WaitingRun = Pick<RunContext, "runId" | "signal" | "observe">;

type Limits = Pick<
  DatabricksSettings,
  "startTimeoutMs" | "rateLimitTimeoutMs" | "requestTimeoutMs"
>;

/** A signal that is aborted when the warehouse has not started in time. */
export interface StartWatch {
  /** Its reason is a `ServiceError` (`timeout`). */
  readonly signal: AbortSignal;
  /** Ends the watch. */
  stop(): void;
}

/** How long one run has waited for the warehouse, and may go on waiting. */
export class WarehouseWait {
  readonly #run: WaitingRun;
  readonly #limits: Limits;
  /** Since when it has been starting; undefined while it runs. Likewise below. */
  #startingSinceMs: number | undefined;
  #rateLimitedSinceMs: number | undefined;
  #shownMs = -Infinity;
  #attempt = 0;

  constructor(run: WaitingRun, limits: Limits) {
    this.#run = run;
    this.#limits = limits;
  }

  /** The warehouse has started: the time it took no longer counts. */
  onRunning(): void {
    this.#startingSinceMs = undefined;
    this.#shownMs = -Infinity;
    this.#attempt = 0;
  }

  /** The warehouse accepted a request: it no longer limits their rate. */
  onAccepted(): void {
    this.#rateLimitedSinceMs = undefined;
  }

  /**
   * The warehouse has accepted what `action` needs, and is still starting. Throws `timeout` if that
   * takes too long.
   */
  checkStartDeadline(action: string): void {
    const { startTimeoutMs, requestTimeoutMs } = this.#limits;
    this.#checkStart(action, startTimeoutMs || requestTimeoutMs, 0);
  }

  /** Does so from now on, for a request whose response may only come after the start. */
  watchStart(action: string): StartWatch {
    const late = new AbortController();
    const timer = setInterval(() => {
      try {
        this.checkStartDeadline(action);
      } catch (error) {
        late.abort(error);
      }
    }, CHECK_EVERY_MS);
    return { signal: late.signal, stop: () => clearInterval(timer) };
  }

  /** Returns when a warehouse that is starting can be asked again. Throws `timeout`. */
  async awaitStart(action: string, retryAfterSeconds?: number): Promise<void> {
    const delayMs = delayBefore(++this.#attempt, retryAfterSeconds);
    this.#checkStart(action, this.#limits.startTimeoutMs, delayMs);
    await delay(delayMs, this.#run.signal);
  }

  /** Returns when a warehouse with too many requests can be asked again. Throws `timeout`. */
  async awaitRateLimit(
    action: string,
    { status, retryAfterSeconds }: Extract<Fault, { kind: "rate_limited" }>,
  ): Promise<void> {
    const { runId, signal, observe } = this.#run;
    const nowMs = performance.now();
    this.#rateLimitedSinceMs ??= nowMs;
    const attempt = ++this.#attempt;
    const delayMs = delayBefore(attempt, retryAfterSeconds);
    const limitMs = this.#limits.rateLimitTimeoutMs;
    const facts = { cause: `HTTP_${status}`, retryAfterSeconds };
    if (nowMs - this.#rateLimitedSinceMs + delayMs > limitMs) {
      throw new ServiceError(
        "timeout",
        `Cannot ${action}: the warehouse refuses requests because there are too many ` +
          `(HTTP ${status}), waited ${limitMs / 1000} s at most`,
        facts,
      );
    }
    observe({ event: "retrying", runId, attempt, facts });
    await delay(delayMs, signal);
  }

  #checkStart(action: string, limitMs: number, delayMs: number): void {
    const nowMs = performance.now();
    this.#startingSinceMs ??= nowMs;
    const waitedMs = nowMs - this.#startingSinceMs;
    if (waitedMs + delayMs > limitMs) {
      throw new ServiceError(
        "timeout",
        `Cannot ${action}: the warehouse did not start within ${limitMs / 1000} s`,
        { cause: "WAREHOUSE_STARTING" },
      );
    }
    if (waitedMs + delayMs < SHOW_AFTER_MS && delayMs === 0) return;
    if (nowMs - this.#shownMs < SHOW_EVERY_MS) return;
    this.#shownMs = nowMs;
    const waitedSeconds = Math.round(waitedMs / 1000);
    this.#run.observe({ event: "warehouse_starting", runId: this.#run.runId, waitedSeconds });
  }
}

function delayBefore(attempt: number, retryAfterSeconds: number | undefined): number {
  return retryAfterSeconds === undefined ? backoffMs(attempt, BACKOFF) : 1000 * retryAfterSeconds;
}
