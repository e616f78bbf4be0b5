/** What a program is that the speed is compared with. */
import type { BenchDatabase } from "./bench_database.ts";
import type { ProcessUsage } from "./process_watch.ts";

/** Where a contender works; `sql` is not for what is measured. */
export type Arena = Pick<BenchDatabase, "url" | "sql">;

/** What one go of a contender showed of itself; the rest is read from the server. */
export interface Outcome {
  readonly rows: number;
  readonly elapsedMs: number;
  /** What the contender's own process took; undefined if there is none but the server's. */
  readonly process?: ProcessUsage;
}

/** One way to do the work. */
export interface Contender {
  readonly name: string;
  /** At most so many rows are given to it, where more would take too long. */
  readonly maxRows?: number;
  /** Undefined if it cannot run on this machine, for a reason that it has printed. */
  run(arena: Arena): Promise<Outcome | undefined>;
}
