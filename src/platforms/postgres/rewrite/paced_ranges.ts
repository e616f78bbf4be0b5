/**
 * The ranges of a table, each planned when its turn has come: as many at once as connections are asked
 * for at that moment, and none while the run is paused, too fast, or the server strained. What waits holds no
 * lock on any row.
 */
import type { BlockRange } from "../sql/block_ranges.ts";
import { MAX_RANGE_BLOCKS, MIN_RANGE_BLOCKS, nextRange } from "./plan_ranges.ts";
import { watchStrain } from "./watch_strain.ts";
import type { Work } from "./work.ts";

/** How many connections write at once by default, by this machine's cores: the server does not report its own. */
const DEFAULT_CONNECTIONS = Math.min(4, Math.max(2, navigator.hardwareConcurrency));

/** The pace of one run. */
export class PacedRanges {
  readonly #work: Work;
  readonly #strain: (() => Promise<string | undefined>) | undefined;
  readonly #failed = new AbortController();
  #active = 0;
  #freed = Promise.withResolvers<void>();

  constructor(work: Work) {
    this.#work = work;
    this.#strain = watchStrain(work.run);
    work.run.context.throttle.allow(["rows_per_second", "connections", "paused"]);
  }

  /** The ranges of a table with so many blocks and rows. Throws the reason of the run's signal. */
  async *plan(blocks: number, rows: number): AsyncGenerator<BlockRange, void> {
    const { signal, throttle } = this.#work.run.context;
    const ending = AbortSignal.any([signal, this.#failed.signal]);
    for (let from = 0; from < blocks;) {
      await this.#place(ending);
      await throttle.pass({ signal: ending, strain: this.#strain });
      const size = { connections: this.#connections, maxBlocks: this.#maxBlocks(rows / blocks) };
      const range = nextRange(from, blocks, size);
      from = range.to;
      this.#active++;
      yield range;
    }
  }

  /** Does the work of a range that `plan` gave, which writes the number of rows that it resolves to. */
  async run(work: () => Promise<number>): Promise<void> {
    try {
      this.#work.run.context.throttle.wrote(await work());
    } catch (error) {
      this.#failed.abort(error); // what waits for its turn has none any more
      throw error;
    } finally {
      this.#active--;
      this.#freed.resolve();
    }
  }

  get #connections(): number {
    const { throttle, connections } = this.#work.run.context;
    return throttle.settings.connections ?? connections ?? DEFAULT_CONNECTIONS;
  }

  /** At a rate, what is written in a second; beside a server to be watched, little. */
  #maxBlocks(rowsPerBlock: number): number {
    const { rows_per_second: rate } = this.#work.run.context.throttle.settings;
    const most = this.#strain === undefined ? MAX_RANGE_BLOCKS : MIN_RANGE_BLOCKS;
    return rate === null ? most : Math.min(most, Math.floor(rate / Math.max(rowsPerBlock, 1)));
  }

  /** Waits until fewer ranges are under way than there may be. */
  async #place(signal: AbortSignal): Promise<void> {
    while (this.#active >= this.#connections) {
      this.#freed = Promise.withResolvers<void>();
      await Promise.race([this.#freed.promise, this.#work.run.context.throttle.changed]);
      signal.throwIfAborted();
    }
  }
}
