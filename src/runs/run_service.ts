/**
 * Runs, from the trigger to the end: they are kept in a store that other processes may share, done here, and
 * can be followed, changed and cancelled from anywhere. All that starts a run starts it here.
 */
import { operationOf } from "../action/tokenize_dataset.ts";
import type { Report, Trigger } from "../action/trigger.ts";
import { requireUrnAllowed } from "../datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { ServiceError, toServiceError } from "../errors.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { requireAdjustable } from "./adjustable.ts";
import { now, runCancelled } from "./live_run.ts";
import { newRun } from "./new_run.ts";
import type { Receipts } from "./receipts.ts";
import type { Run, RunThrottle } from "./run.ts";
import { notFound, reused } from "./run_errors.ts";
import { RunExecutor, type RunExecutorDependencies, type Work } from "./run_executor.ts";
import { RunFollower } from "./run_follower.ts";
import type { RunOrder, StartedRun } from "./run_order.ts";
import type { QueueLoad } from "./run_queues.ts";
import type { RunPage, RunQuery, RunStore, StoredRun } from "./run_store.ts";

/** What the service works with. */
export interface RunServiceDependencies extends RunExecutorDependencies {
  /** The id of this process, as the owner of runs; by default a new one. */
  readonly owner?: string | undefined;
}

/** Starts runs, and knows those of other processes that share the store. */
export class RunService {
  readonly store: RunStore;
  readonly receipts: Receipts | undefined;
  readonly follower: RunFollower;
  readonly #deps: RunServiceDependencies;
  readonly #owner: string;
  readonly #executor: RunExecutor;

  constructor(deps: RunServiceDependencies) {
    this.#deps = deps;
    this.#owner = deps.owner ?? crypto.randomUUID();
    this.store = deps.store;
    this.receipts = deps.receipts;
    this.follower = new RunFollower(deps.store);
    this.#executor = new RunExecutor(deps);
  }

  /** How busy each database is, by connection. */
  get load(): ReadonlyMap<string, QueueLoad> {
    return this.#executor.load;
  }

  /**
   * Starts a run, or finds the one that the same order started before. Throws `shutting_down`,
   * `run_in_progress` if the queue of its database is full, and `idempotency_key_reused`.
   */
  async start(order: RunOrder): Promise<StartedRun> {
    const { registry, store, action } = this.#deps;
    registry.draining.throwIfAborted();
    const { trigger, cause, idempotency, runId = crypto.randomUUID() } = order;
    if (idempotency === undefined) this.#executor.requireRoom(trigger);
    const run = newRun({ runId, operation: operationOf(action), trigger, cause });
    const { kind, stored } = await store.add({ run, owner: this.#owner, idempotency });
    if (kind === "other_request") throw reused();
    if (kind === "same_request") {
      return { stored, isReplay: true, report: handled(this.#reportOf(stored.run.run_id)) };
    }
    if (idempotency !== undefined) await this.#endIfFull(runId, trigger);
    const { rowsPerSecond } = trigger;
    const asked = rowsPerSecond === undefined
      ? stored
      : await store.request(runId, { throttle: { rows_per_second: rowsPerSecond } }) ?? stored;
    const report = this.#executor.execute({ ...order, runId });
    return { stored: asked, isReplay: false, report: handled(report) };
  }

  /** Only once its key is known to be new can a run be refused for want of room: it ends, and frees the key. */
  async #endIfFull(runId: string, trigger: Trigger): Promise<void> {
    try {
      this.#executor.requireRoom(trigger);
    } catch (thrown) {
      const problem = this.#deps.toProblem(toServiceError(thrown), runId);
      const change = { state: "failed", finished_at: now(), problem, releasesKey: true } as const;
      await this.store.update(runId, ["queued"], change);
      throw thrown;
    }
  }

  /** Throws why a run cannot even be tried, as far as that follows from the trigger and the settings. */
  requireRoute({ datasetUrn, columns }: Trigger): void {
    const { platforms, knownPlatforms, allowedDatasets } = this.#deps.action;
    const dataset = parseDatasetUrn(datasetUrn);
    parseColumns(columns, dataset);
    requireUrnAllowed(dataset, allowedDatasets);
    selectPlatform(dataset, platforms, knownPlatforms);
  }

  /** As `RunExecutor.aside`. */
  aside<T>(order: RunOrder, work: Work<T>): Promise<T> {
    return this.#executor.aside(order, work);
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
    if (cancelled !== undefined || run.cancel_requested) this.#executor.cancel(runId);
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
    this.#executor.close();
    this.follower.close();
    await this.receipts?.settled();
    await this.store.close();
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
}

/** The same promise: whether anybody waits for it or not, its failure is no defect. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
