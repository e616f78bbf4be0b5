/** Sweeps: marks every dataset as due that DataHub's search finds by the wanted labels. */
import { deadline, delay } from "../../async.ts";
import type { Observe } from "../../observations.ts";
import { GmsError } from "../gms/gms_error.ts";
import { pauseAfterMs } from "./patience.ts";

/** Why a sweep begins. */
export type SweepReason = "start" | "interval" | "recovered" | "offset_refused" | "requested";

/** What a sweeper works with. */
export interface SweeperDependencies {
  readonly intervalMs: number;
  /** The URNs of tagged datasets; some may come twice. Throws `GmsError`. */
  readonly find: (signal: AbortSignal) => AsyncIterable<string>;
  /** Marks a dataset as due. */
  readonly mark: (datasetUrn: string) => void;
  readonly observe: Observe;
}

/** A sweep that was finished. */
export interface FinishedSweep {
  /** Milliseconds since 1970. */
  readonly finishedAtMs: number;
  readonly datasets: number;
}

/** Sweeps at once, after each interval, and on request. */
export class Sweeper {
  readonly #deps: SweeperDependencies;
  #requested = Promise.withResolvers<SweepReason>();
  #last: FinishedSweep | undefined;
  #failure: GmsError | undefined;

  constructor(deps: SweeperDependencies) {
    this.#deps = deps;
  }

  /** The last one that was finished. */
  get last(): FinishedSweep | undefined {
    return this.#last;
  }

  /** Why the last one failed; undefined if it did not. */
  get failure(): GmsError | undefined {
    return this.#failure;
  }

  /** Begins a sweep soon: at once, or after the one under way. */
  request(reason: SweepReason): void {
    this.#requested.resolve(reason);
  }

  /** Sweeps until `signal` is aborted. Never throws what DataHub causes. */
  async run(signal: AbortSignal): Promise<void> {
    let reason: SweepReason = "start";
    let failures = 0;
    while (!signal.aborted) {
      try {
        const pauseMs = await this.#sweep(reason, failures, signal);
        if (pauseMs === undefined) {
          failures = 0;
          reason = await this.#untilDue(signal);
        } else {
          failures++;
          await delay(pauseMs, signal);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Returns how long to wait before the next attempt; undefined after a success. */
  async #sweep(
    reason: SweepReason,
    failures: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { observe } = this.#deps;
    this.#requested = Promise.withResolvers();
    observe({ event: "datahub_sweep_started", reason });
    const startedMs = performance.now();
    try {
      const datasets = await markAll(this.#deps, signal);
      const elapsedMs = Math.round(performance.now() - startedMs);
      this.#last = { finishedAtMs: Date.now(), datasets };
      this.#failure = undefined;
      observe({ event: "datahub_sweep_finished", datasets, elapsedMs });
      return undefined;
    } catch (error) {
      if (!(error instanceof GmsError)) throw error;
      this.#failure = error;
      observe({ event: "datahub_sweep_failed", fault: error.fault, reason: error.reason });
      return pauseAfterMs(error, failures + 1);
    }
  }

  #untilDue(signal: AbortSignal): Promise<SweepReason> {
    const { intervalMs } = this.#deps;
    const interval = new Error("the interval is over");
    return deadline(() => this.#requested.promise, {
      limitMs: intervalMs,
      reason: () => interval,
      signal,
    }).catch((error) => {
      if (error === interval) return "interval" as const;
      throw error;
    });
  }
}

/** Marks each dataset once, as it is found. Returns how many there are. */
async function markAll({ find, mark }: SweeperDependencies, signal: AbortSignal): Promise<number> {
  const seen = new Set<string>();
  for await (const urn of find(signal)) {
    if (!seen.has(urn)) mark(urn);
    seen.add(urn);
  }
  return seen.size;
}
