/** How fast a run is, of late, and how long the rest will take at that rate. */
import type { Progress } from "../platforms/platform.ts";
import type { RunProgress } from "./run.ts";

/** Over how long the rate is measured. */
const WINDOW_MS = 10_000;

/** The meter of one run. */
export class ProgressMeter {
  /** Oldest first: one at or before the beginning of the window, and those within it. */
  readonly #samples: { readonly atMs: number; readonly updated: number }[];

  /** `startedAtMs` is on the clock of `measure`. */
  constructor(startedAtMs: number) {
    this.#samples = [{ atMs: startedAtMs, updated: 0 }];
  }

  /** What is published of that progress, made at `nowMs`. */
  measure({ updated, skipped, total, isEstimate }: Progress, nowMs: number): RunProgress {
    const samples = this.#samples;
    samples.push({ atMs: nowMs, updated });
    while (samples.length > 2 && samples[1]!.atMs <= nowMs - WINDOW_MS) samples.shift();
    const [first] = samples;
    const elapsedMs = nowMs - first!.atMs;
    const rate = elapsedMs > 0 ? Math.max(0, updated - first!.updated) / elapsedMs * 1000 : 0;
    const left = Math.max(0, total - updated - (skipped ?? 0));
    // the end is another work than the rows: an estimate of it would be a guess
    const canTell = rate > 0 && !(isEstimate && left === 0);
    return {
      updated,
      ...(skipped !== undefined && { skipped }),
      total,
      ...(isEstimate && { estimated: true }),
      rows_per_second: Math.round(rate),
      ...(canTell && { seconds_left: Math.ceil(left / rate) }),
    };
  }
}
