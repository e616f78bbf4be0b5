/**
 * How long standbys need to replay what is written. The server's own `replay_lag` does not grow while a
 * standby replays nothing, so the time since what it has not replayed was written is measured here, too.
 */

/** What was measured at one moment; positions are bytes of the log. */
export interface ReplicaSample {
  readonly atMs: number;
  readonly written: number;
  /** By the standby that is furthest behind; null if there is none. */
  readonly replayed: number | null;
  /** As the server reports it. */
  readonly replayLagMs: number | null;
}

/** Measures over the samples of one run. */
export class ReplicaLag {
  /** Positions that were written and not replayed yet, the oldest first. */
  #open: { readonly atMs: number; readonly written: number }[] = [];

  /** Adds a sample. Gives the lag in milliseconds; 0 if there is no standby. */
  measure({ atMs, written, replayed, replayLagMs }: ReplicaSample): number {
    if (replayed === null) {
      this.#open = [];
      return 0;
    }
    if (written !== this.#open.at(-1)?.written) this.#open.push({ atMs, written });
    this.#open = this.#open.filter((each) => each.written > replayed);
    const [oldest] = this.#open;
    // what was reported for an earlier transaction is over once all is replayed
    return oldest === undefined ? 0 : Math.max(atMs - oldest.atMs, replayLagMs ?? 0);
  }
}
