/**
 * The runs of this process, from the trigger to the end: they wait for a place on their database, are kept
 * in a store, and can be cancelled. All that starts a run starts it here.
 */
import type { RunRegistry } from "../action/run_registry.ts";
import { type ActionDependencies, tokenizeDataset } from "../action/tokenize_dataset.ts";
import type { Report, Trigger } from "../action/trigger.ts";
import { requireUrnAllowed } from "../datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { ServiceError, toServiceError } from "../errors.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { LiveRun, now, runCancelled } from "./live_run.ts";
import { newRun } from "./new_run.ts";
import { requireAdjustable } from "./adjustable.ts";
import { notFound, reused } from "./run_errors.ts";
import type { Receipts } from "./receipts.ts";
import type { Problem, Run, RunThrottle } from "./run.ts";
import type { RunOrder, StartedRun } from "./run_order.ts";
import { RunFollower } from "./run_follower.ts";
import type { RunQueue } from "./run_queue.ts";
import { type QueueLoad, RunQueues } from "./run_queues.ts";
import type { RunPage, RunQuery, RunStore, StoredRun } from "./run_store.ts";

/** Work on a dataset that is done as a run is. */
type Work<T> = (...of: Parameters<typeof tokenizeDataset>) => Promise<T>;

/** What the service works with. */
export interface RunServiceDependencies {
  readonly store: RunStore;
  /** Undefined if no receipts are made. */
  readonly receipts?: Receipts | undefined;
  readonly action: ActionDependencies;
  /** The runs in progress, those that wait among them. Once it drains, no new run begins. */
  readonly registry: RunRegistry;
  /** The problem document of a run that failed. */
  readonly toProblem: (error: ServiceError, runId: string) => Problem;
  /** The id of this process, as the owner of runs; by default a new one. */
  readonly owner?: string | undefined;
  /** How many runs may wait for a database. */
  readonly maxQueuedRuns?: number | undefined;
}

/** Starts runs, and knows those of other processes that share the store. */
export class RunService {
  readonly store: RunStore;
  readonly receipts: Receipts | undefined;
  readonly follower: RunFollower;
  readonly #deps: RunServiceDependencies;
  readonly #owner: string;
  readonly #queues: RunQueues;
  readonly #live = new Map<string, LiveRun>();
  readonly #stopListening: () => void;

  constructor(deps: RunServiceDependencies) {
    this.#deps = deps;
    this.#owner = deps.owner ?? crypto.randomUUID();
    this.store = deps.store;
    this.receipts = deps.receipts;
    this.follower = new RunFollower(deps.store);
    this.#queues = new RunQueues(deps.action, deps.maxQueuedRuns);
    this.#stopListening = deps.store.onChange((runId) => this.#heed(runId));
  }

  /** How busy each database is, by connection. */
  get load(): ReadonlyMap<string, QueueLoad> {
    return this.#queues.load;
  }

  /**
   * Starts a run, or finds the one that the same order started before. Throws `shutting_down`,
   * `run_in_progress` if the queue of its database is full, and `idempotency_key_reused`.
   */
  async start(order: RunOrder): Promise<StartedRun> {
    const { registry, store, action } = this.#deps;
    registry.draining.throwIfAborted();
    const { trigger, cause, idempotency, runId = crypto.randomUUID() } = order;
    const queue = this.#queues.find(trigger.datasetUrn);
    if (idempotency === undefined) queue?.requireRoom();
    const run = newRun(runId, trigger, cause);
    const { kind, stored } = await store.add({ run, owner: this.#owner, idempotency });
    if (kind === "other_request") throw reused();
    if (kind === "same_request") {
      return { stored, isReplay: true, report: handled(this.#reportOf(stored.run.run_id)) };
    }
    const { rowsPerSecond } = trigger;
    const asked = rowsPerSecond === undefined
      ? stored
      : await store.request(runId, { throttle: { rows_per_second: rowsPerSecond } }) ?? stored;
    const live = new LiveRun(runId, trigger, { store, observe: action.observe });
    const report = this.#execute(live, order, queue);
    return { stored: asked, isReplay: false, report: handled(report) };
  }

  /** Throws why a run cannot even be tried, as far as that follows from the trigger and the settings. */
  requireRoute({ datasetUrn, columns }: Trigger): void {
    const { platforms, knownPlatforms, allowedDatasets } = this.#deps.action;
    const dataset = parseDatasetUrn(datasetUrn);
    parseColumns(columns, dataset);
    requireUrnAllowed(dataset, allowedDatasets);
    selectPlatform(dataset, platforms, knownPlatforms);
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

  /** Some of the runs that are kept. */
  list(query: RunQuery): Promise<RunPage> {
    return this.store.list(query);
  }

  /** Throws `not_found`. */
  async get(runId: string): Promise<StoredRun> {
    return await this.store.get(runId) ?? notFound();
  }

  /**
   * Ends a run: one that waits does not start, one under way is rolled back. Gives the run as it is; one
   * that has ended stays as it is. Throws `not_found`.
   */
  async cancel(runId: string): Promise<Run> {
    const problem = this.#deps.toProblem(runCancelled(), runId);
    const change = { state: "cancelled", finished_at: now(), problem } as const;
    const cancelled = await this.store.update(runId, ["queued"], change);
    const { run } = cancelled ?? await this.store.request(runId, { cancel: true }) ?? notFound();
    if (cancelled !== undefined || run.cancel_requested) this.#live.get(runId)?.cancel();
    return run;
  }

  /**
   * Changes the rate, the connections or the pause of a run under way; fields that are absent stay. Throws
   * `not_found`; `conflict` if it is not under way yet; and `run_not_adjustable`, which says why.
   */
  async adjust(runId: string, throttle: Partial<RunThrottle>): Promise<Run> {
    requireAdjustable((await this.get(runId)).run, throttle);
    const { run } = await this.store.request(runId, { throttle }) ?? notFound();
    return run;
  }

  /** Ends what follows runs. To be called when no run is under way any more. */
  async close(): Promise<void> {
    this.#stopListening();
    this.follower.close();
    await this.receipts?.settled();
    await this.store.close();
  }

  #execute(live: LiveRun, order: RunOrder, queue: RunQueue | undefined): Promise<Report> {
    const { runId } = live;
    this.#live.set(runId, live);
    const work = async (signal: AbortSignal) => {
      await live.begin();
      const { onProgress } = order;
      return await tokenizeDataset(order.trigger, this.#deps.action, {
        runId,
        signal,
        throttle: live.throttle,
        onTable: (table, columns) => live.noteTable(table, columns),
        onProgress(progress) {
          live.noteProgress(progress);
          onProgress?.(progress);
        },
      });
    };
    return this.#deps.registry.start(async (ending) => {
      try {
        const signal = AbortSignal.any([ending, live.cancelled]);
        const report = await this.#inTurn({ ...order, runId }, signal, work, queue);
        await live.succeed(report);
        this.receipts?.make(runId, true);
        return report;
      } catch (thrown) {
        throw await this.#fail(live, order.trigger, toServiceError(thrown));
      } finally {
        this.#live.delete(runId);
      }
    });
  }

  async #fail(live: LiveRun, { datasetUrn }: Trigger, error: ServiceError): Promise<ServiceError> {
    const { runId } = live, { message: reason } = error;
    if (!live.hasBegun && error.code === "run_cancelled") {
      this.#deps.action.observe({ event: "run_cancelled", runId, datasetUrn, reason });
    }
    await live.fail(this.#deps.toProblem(error, runId));
    this.receipts?.make(runId, false);
    return error;
  }

  /** Does `work` when the run has a place on its database. */
  async #inTurn<T>(
    { trigger: { datasetUrn }, cause, runId }: RunOrder & { readonly runId: string },
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    queue = this.#queues.find(datasetUrn),
  ): Promise<T> {
    if (queue === undefined) return await work(signal); // it fails with the reason
    const { registry, action: { observe, meter } } = this.#deps;
    const waiting = {
      caller: `${cause.kind} ${cause.actor ?? ""}`,
      datasetUrn,
      signal: AbortSignal.any([signal, registry.draining]),
    };
    const onWait = (before: number) => observe({ event: "run_queued", runId, datasetUrn, before });
    return await queue.run(waiting, (waitedMs) => {
      meter?.waited(datasetUrn, waitedMs);
      return work(signal);
    }, onWait);
  }

  /** The outcome of a run that an earlier order started, in this process or another. */
  async #reportOf(runId: string): Promise<Report> {
    const stored = await this.follower.untilFinal(runId);
    if (stored === undefined) this.#deps.registry.draining.throwIfAborted();
    const { run: { report, problem } } = stored ?? notFound();
    if (report !== null) return report;
    throw new ServiceError(
      problem?.code ?? "internal",
      problem?.detail ?? "Cannot tell the outcome",
    );
  }

  /** Ends runs of this process that another one was asked to end, or has ended. */
  #heed(runId: string | undefined): void {
    const changed = runId === undefined ? [...this.#live.values()] : [this.#live.get(runId)];
    for (const live of changed) if (live !== undefined) void this.#heedOne(live);
  }

  async #heedOne(live: LiveRun): Promise<void> {
    const stored = await this.store.get(live.runId).catch(() => undefined);
    if (stored === undefined) return;
    const { run: { cancel_requested: isEnding, state, throttle } } = stored;
    if (isEnding || state === "cancelled") live.cancel();
    if (throttle !== undefined) live.throttle.set(throttle);
  }
}

/** The same promise: whether anybody waits for it or not, its failure is no defect. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
