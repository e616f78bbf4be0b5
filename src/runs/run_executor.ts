/**
 * The runs that this process does: each waits for a place on its database, is done, and ends when it is asked
 * to, by this process or by another one. What becomes of it goes to the store.
 */
import type { RunRegistry } from "../action/run_registry.ts";
import { type ActionDependencies, tokenizeDataset } from "../action/tokenize_dataset.ts";
import type { Report, Trigger } from "../action/trigger.ts";
import { follow } from "../async.ts";
import { type ServiceError, toServiceError } from "../errors.ts";
import { LiveRun } from "./live_run.ts";
import type { Receipts } from "./receipts.ts";
import type { Problem } from "./run.ts";
import type { RunOrder } from "./run_order.ts";
import { type QueueLoad, RunQueues } from "./run_queues.ts";
import type { RunStore } from "./run_store.ts";

/** Work on a dataset that is done as a run is. */
export type Work<T> = (...of: Parameters<typeof tokenizeDataset>) => Promise<T>;

/** An order with the id that its run has. */
export type NumberedOrder = RunOrder & { readonly runId: string };

/** What the executor works with. */
export interface RunExecutorDependencies {
  readonly store: RunStore;
  /** Undefined if no receipts are made. */
  readonly receipts?: Receipts | undefined;
  readonly action: ActionDependencies;
  /** The runs in progress, those that wait among them. Once it drains, no new run begins. */
  readonly registry: RunRegistry;
  /** The problem document of a run that failed. */
  readonly toProblem: (error: ServiceError, runId: string) => Problem;
  /** How many runs may wait for a database. */
  readonly maxQueuedRuns?: number | undefined;
}

/** Does runs. */
export class RunExecutor {
  readonly #deps: RunExecutorDependencies;
  readonly #queues: RunQueues;
  readonly #live = new Map<string, LiveRun>();
  readonly #stopListening: () => void;

  constructor(deps: RunExecutorDependencies) {
    this.#deps = deps;
    this.#queues = new RunQueues(deps.action, deps.maxQueuedRuns);
    this.#stopListening = deps.store.onChange((runId) => this.#heed(runId));
  }

  /** How busy each database is, by connection. */
  get load(): ReadonlyMap<string, QueueLoad> {
    return this.#queues.load;
  }

  /** Throws `run_in_progress` if one more run could neither start nor wait. */
  requireRoom({ datasetUrn }: Trigger): void {
    this.#queues.find(datasetUrn)?.requireRoom();
  }

  /** Does a run that the store has in its queue, and gives its report. Rejects with a `ServiceError`. */
  execute(order: NumberedOrder): Promise<Report> {
    const { runId, trigger, onProgress } = order;
    const { store, action, registry, receipts } = this.#deps;
    const live = new LiveRun(runId, trigger, { store, observe: action.observe, onProgress });
    this.#live.set(runId, live);
    const work = async (signal: AbortSignal) => {
      await live.begin();
      return await tokenizeDataset(trigger, action, {
        runId,
        signal,
        throttle: live.throttle,
        onTable: (table, columns) => live.noteTable(table, columns),
        onProgress: (progress) => live.noteProgress(progress),
      });
    };
    return registry.start(async (ending) => {
      const ended = new AbortController();
      const unfollow = [ending, live.cancelled].map((signal) => follow(ended, signal));
      try {
        const report = await this.#inTurn(order, ended.signal, work);
        await live.succeed(report);
        receipts?.make(runId, true);
        return report;
      } catch (thrown) {
        throw await this.#fail(live, trigger, toServiceError(thrown));
      } finally {
        this.#live.delete(runId);
        for (const each of unfollow) each();
      }
    });
  }

  /**
   * Does work for a decision of this program's own, such as a dry run: it waits and ends as runs do, but is
   * not kept. Throws what it throws.
   */
  aside<T>(order: RunOrder, work: Work<T>): Promise<T> {
    const { registry, action } = this.#deps;
    const runId = crypto.randomUUID();
    const start = (signal: AbortSignal) => work(order.trigger, action, { runId, signal });
    return registry.start((signal) => this.#inTurn({ ...order, runId }, signal, start));
  }

  /** Ends a run if it is done here. */
  cancel(runId: string): void {
    this.#live.get(runId)?.cancel();
  }

  /** Heeds no requests any more. To be called when no run is under way any more. */
  close(): void {
    this.#stopListening();
  }

  async #fail(live: LiveRun, { datasetUrn }: Trigger, error: ServiceError): Promise<ServiceError> {
    const { runId } = live, { message: reason } = error;
    if (!live.hasBegun && error.code === "run_cancelled") {
      this.#deps.action.observe({ event: "run_cancelled", runId, datasetUrn, reason });
    }
    await live.fail(this.#deps.toProblem(error, runId));
    this.#deps.receipts?.make(runId, false);
    return error;
  }

  /** Does `work` when the run has a place on its database. */
  async #inTurn<T>(
    { trigger: { datasetUrn }, cause, runId }: NumberedOrder,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const queue = this.#queues.find(datasetUrn);
    if (queue === undefined) return await work(signal); // it fails with the reason
    const { registry, action: { observe, meter } } = this.#deps;
    const waiting = {
      caller: `${cause.kind} ${cause.actor ?? ""}`,
      datasetUrn,
      signals: [signal, registry.draining],
    };
    const onWait = (before: number) => observe({ event: "run_queued", runId, datasetUrn, before });
    return await queue.run(waiting, (waitedMs) => {
      meter?.waited(datasetUrn, waitedMs);
      return work(signal);
    }, onWait);
  }

  /** Ends runs that another process was asked to end, or has ended; changes how fast they may be. */
  #heed(runId: string | undefined): void {
    const changed = runId === undefined ? [...this.#live.values()] : [this.#live.get(runId)];
    for (const live of changed) if (live !== undefined) void this.#heedOne(live);
  }

  async #heedOne(live: LiveRun): Promise<void> {
    const stored = await this.#deps.store.get(live.runId).catch(() => undefined);
    if (stored === undefined) return;
    const { run: { cancel_requested: isEnding, state, throttle } } = stored;
    if (isEnding || state === "cancelled") live.cancel();
    if (throttle !== undefined) live.throttle.set(throttle);
  }
}
