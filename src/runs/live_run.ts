/** A run that this process executes: what becomes of it goes to the store, in order. */
import type { Report } from "../action/trigger.ts";
import type { RunOptions } from "../run_options.ts";
import { ServiceError, TURNED_AWAY } from "../errors.ts";
import type { Observe } from "../observations.ts";
import type { Progress } from "../platforms/platform.ts";
import { newThrottle, type Throttle, type Throttled } from "../platforms/throttle.ts";
import { ProgressMeter } from "./progress_meter.ts";
import { LIVE_STATES, type Problem, type RunProgress, type RunState } from "./run.ts";
import type { RunChange, RunStore } from "./run_store.ts";

/** How often progress is stored at most. */
const PROGRESS_INTERVAL_MS = 500;

/** Failures after which a request with the same Idempotency-Key starts another run. */
const RELEASING_KEY: ReadonlySet<string> = new Set(TURNED_AWAY);

/** What a run reports to. */
export interface LiveRunDependencies {
  readonly store: RunStore;
  readonly observe: Observe;
  /** Called with what is published of its progress, as often as that changes. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
}

/** Its document, as far as this process changes it. */
export class LiveRun {
  readonly runId: string;
  /** What slows it down. */
  readonly throttle: Throttle;
  readonly #store: RunStore;
  readonly #observe: Observe;
  readonly #onProgress: ((progress: RunProgress) => void) | undefined;
  readonly #cancel = new AbortController();
  #meter = new ProgressMeter(performance.now());
  #made: Progress = { updated: 0, total: 0 };
  #progress: RunProgress | undefined;
  #storedAtMs = 0;
  #isStoring = false;
  #throttled: Throttled | undefined;
  #throttledAtMs = 0;
  #hasBegun = false;

  constructor(
    runId: string,
    { rowsPerSecond }: RunOptions,
    { store, observe, onProgress }: LiveRunDependencies,
  ) {
    this.runId = runId;
    this.#store = store;
    this.#observe = observe;
    this.#onProgress = onProgress;
    this.throttle = newThrottle(rowsPerSecond, {
      onAdjustable: (adjustable) => void this.#change({ adjustable }),
      onThrottled: (throttled) => this.#noteThrottled(throttled),
    });
  }

  /** Aborted, with `run_cancelled`, once it is to end. */
  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Whether it has left the queue. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Ends it. */
  cancel(): void {
    this.#cancel.abort(runCancelled());
  }

  /** It leaves the queue. Throws `run_cancelled` if it was ended by then, by any process. */
  async begin(): Promise<void> {
    const running = { state: "running", started_at: now() } as const;
    const begun = await this.#store.update(this.runId, ["queued"], running);
    if (begun === undefined) throw runCancelled();
    this.#hasBegun = true;
    this.#meter = new ProgressMeter(performance.now());
  }

  /** Its table was found. */
  noteTable(table: string, columns: readonly string[]): void {
    void this.#change({ table, columns });
  }

  /** It has come so far. */
  noteProgress(progress: Progress): void {
    const nowMs = performance.now();
    this.#made = progress;
    this.#progress = this.#meter.measure(progress, nowMs);
    this.#onProgress?.(this.#shown(this.#progress));
    if (this.#isStoring || nowMs - this.#storedAtMs < PROGRESS_INTERVAL_MS) return;
    this.#storedAtMs = nowMs;
    this.#isStoring = true;
    void this.#change({ progress: this.#shown(this.#progress) }).finally(() =>
      this.#isStoring = false
    );
  }

  /** It is done. */
  async succeed(report: Report): Promise<void> {
    const { updated, skipped } = report;
    this.#made = { updated, skipped, total: updated + skipped }; // no estimate any more
    await this.#end({ state: "succeeded", report });
  }

  /** It failed, was cancelled, or was ended with the process. */
  async fail(problem: Problem): Promise<void> {
    await this.#end({
      state: stateAfter(problem),
      problem,
      releasesKey: RELEASING_KEY.has(problem.code),
    });
  }

  /** It waits, or goes on. */
  #noteThrottled(throttled: Throttled | undefined): void {
    const { runId } = this;
    const nowMs = performance.now();
    const before = this.#throttled;
    this.#throttled = throttled;
    const isSaid = (each: Throttled | undefined) => each !== undefined && each.by !== "rate";
    if (isSaid(throttled) && !isSaid(before)) { // not again as the figures in the reason change
      this.#throttledAtMs = nowMs;
      this.#observe({ event: "run_throttled", runId, reason: throttled!.reason });
    } else if (isSaid(before) && !isSaid(throttled)) {
      const waitedMs = Math.round(nowMs - this.#throttledAtMs);
      this.#observe({ event: "run_resumed", runId, waitedMs });
    }
    this.#progress = this.#meter.measure(this.#made, nowMs);
    const shown = this.#shown(this.#progress);
    this.#onProgress?.(shown);
    void this.#change({ progress: shown });
  }

  #shown(progress: RunProgress): RunProgress {
    if (this.#throttled === undefined) return progress;
    const { by, reason } = this.#throttled;
    const { seconds_left: _, ...known } = progress;
    if (by === "request") return { ...known, rows_per_second: 0, throttled_by: reason };
    return { ...progress, throttled_by: reason };
  }

  async #end(change: RunChange): Promise<void> {
    const progress = this.#progress && lastOf(this.#made, this.#progress);
    await this.#change({ ...change, ...(progress && { progress }), finished_at: now() });
  }

  /** A failure is the store's: it never ends the run. */
  async #change(change: RunChange): Promise<void> {
    await this.#store.update(this.runId, LIVE_STATES, change).catch(() => {});
  }
}

/** The present time as documents have it. */
export function now(): string {
  return new Date().toISOString();
}

/** Why a run that was cancelled did not succeed. */
export function runCancelled(): ServiceError {
  return new ServiceError("run_cancelled", "Cannot finish the run: it was cancelled");
}

/** What stays of the progress of a run that has ended: nothing is left to wait for. */
function lastOf(
  { updated, skipped, total, isEstimate }: Progress,
  { rows_per_second }: RunProgress,
): RunProgress {
  return {
    updated,
    ...(skipped !== undefined && { skipped }),
    total,
    ...(isEstimate && { estimated: true }),
    rows_per_second,
  };
}

function stateAfter({ code }: Problem): RunState {
  if (code === "run_cancelled") return "cancelled";
  return code === "shutting_down" ? "interrupted" : "failed";
}
