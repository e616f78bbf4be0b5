/** Waiting that shows, ends at a limit, and stops when the run is to end. */
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

type Limits = Pick<
  DatabricksSettings,
  "startTimeoutMs" | "rateLimitTimeoutMs" | "requestTimeoutMs"
>;

/** Waits for a warehouse that is not there for now, on behalf of one run. */
export class Waiting {
  readonly #run: Pick<RunContext, "runId" | "signal" | "observe">;
  readonly #limits: Limits;
  #asleepSinceMs: number | undefined;
  #shownMs = -Infinity;
  #busySinceMs: number | undefined;
  #attempt = 0;

  constructor(run: Pick<RunContext, "runId" | "signal" | "observe">, limits: Limits) {
    this.#run = run;
    this.#limits = limits;
  }

  /** The warehouse works: what was waited so far does not count any more. */
  awake(): void {
    this.#asleepSinceMs = undefined;
    this.#shownMs = -Infinity;
    this.#attempt = 0;
  }

  /** The warehouse takes requests: it is not overrun any more. */
  atEase(): void {
    this.#busySinceMs = undefined;
  }

  /** The warehouse sleeps or starts, and has accepted what it was asked. Throws `timeout`. */
  notice(action: string): void {
    const { startTimeoutMs, requestTimeoutMs } = this.#limits;
    this.#notice(action, startTimeoutMs || requestTimeoutMs, 0);
  }

  /** Waits until it makes sense to ask a sleeping or starting warehouse again. Throws `timeout`. */
  async forStart(action: string, retryAfterSeconds?: number): Promise<void> {
    const delayMs = retryAfterSeconds === undefined
      ? backoffMs(++this.#attempt, BACKOFF)
      : 1000 * retryAfterSeconds;
    this.#notice(action, this.#limits.startTimeoutMs, delayMs);
    await delay(delayMs, this.#run.signal);
  }

  /** Waits as a warehouse asks that has too much to do. Throws `timeout`. */
  async forTurn(
    action: string,
    { status, retryAfterSeconds }: Extract<Fault, { kind: "refused" }>,
  ): Promise<void> {
    const nowMs = performance.now();
    this.#busySinceMs ??= nowMs;
    const attempt = ++this.#attempt;
    const delayMs = retryAfterSeconds === undefined
      ? backoffMs(attempt, BACKOFF)
      : 1000 * retryAfterSeconds;
    const limitMs = this.#limits.rateLimitTimeoutMs;
    if (nowMs - this.#busySinceMs + delayMs > limitMs) {
      throw new ServiceError(
        "timeout",
        `Cannot ${action}: the warehouse turns requests down because there are too many ` +
          `(HTTP ${status}), waited ${limitMs / 1000} s at most`,
        { cause: `HTTP_${status}`, retryAfterSeconds },
      );
    }
    const facts = { cause: `HTTP_${status}`, retryAfterSeconds };
    this.#run.observe({ event: "retrying", runId: this.#run.runId, attempt, facts });
    await delay(delayMs, this.#run.signal);
  }

  #notice(action: string, limitMs: number, delayMs: number): void {
    const nowMs = performance.now();
    this.#asleepSinceMs ??= nowMs;
    const waitedMs = nowMs - this.#asleepSinceMs;
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
