/** The queues of all databases: which one a run belongs to, and how long each is. */
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import type { Platform } from "../platforms/platform.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { RunQueue } from "./run_queue.ts";

/** How busy a database is. */
export interface QueueLoad {
  /** Runs that wait for it. */
  readonly waiting: number;
  /** Runs that use it. */
  readonly running: number;
}

/** A queue for each connection. */
export class RunQueues {
  readonly #action: ActionDependencies;
  readonly #maxWaiting: number | undefined;
  readonly #queues = new Map<Platform, RunQueue>();
  /** What was found last: for each run it is looked for more than once. */
  #last: { readonly datasetUrn: string; readonly queue: RunQueue } | undefined;

  /** `maxWaiting`: how many runs may wait for each database. */
  constructor(action: ActionDependencies, maxWaiting: number | undefined) {
    this.#action = action;
    this.#maxWaiting = maxWaiting;
  }

  /** By connection. */
  get load(): ReadonlyMap<string, QueueLoad> {
    const { platforms } = this.#action;
    return new Map(
      [...platforms].map(([name, platform]) => {
        const { length: waiting, running } = this.#queueOf(platform);
        return [name, { waiting, running }];
      }),
    );
  }

  /** The queue of the dataset's database; undefined if it is on none. */
  find(datasetUrn: string): RunQueue | undefined {
    if (this.#last?.datasetUrn === datasetUrn) return this.#last.queue;
    const { platforms, knownPlatforms } = this.#action;
    try {
      const platform = selectPlatform(parseDatasetUrn(datasetUrn), platforms, knownPlatforms);
      this.#last = { datasetUrn, queue: this.#queueOf(platform) };
      return this.#last.queue;
    } catch {
      return undefined;
    }
  }

  #queueOf(platform: Platform): RunQueue {
    const queue = this.#queues.get(platform) ??
      new RunQueue(this.#maxWaiting === undefined ? {} : { maxWaiting: this.#maxWaiting });
    this.#queues.set(platform, queue);
    return queue;
  }
}
