/** Keeps runs in memory, for as long as the process lives: as many as fit, the oldest ended ones go first. */
import { changed, requested } from "./changed_run.ts";
import { comparePositions, cursorAfter, parseCursor } from "./cursor.ts";
import { isFinal, type Run, type RunState } from "./run.ts";
import type {
  Added,
  HistoryStatus,
  Idempotency,
  NewRun,
  RunChange,
  RunListener,
  RunPage,
  RunQuery,
  RunRequest,
  RunStore,
  StoredReceipt,
  StoredRun,
} from "./run_store.ts";

/** How many runs are kept by default. */
const MAX_RUNS_IN_MEMORY = 1000;

interface Entry extends StoredRun {
  readonly idempotency: Idempotency | undefined;
}

/** Runs of this process alone. */
export class MemoryRunStore implements RunStore {
  readonly #maxRuns: number;
  readonly #entries = new Map<string, Entry>();
  /** The ids of all runs, by the place that lists have them in, oldest first. */
  readonly #order: Run[] = [];
  readonly #idsByKey = new Map<string, string>();
  readonly #receipts = new Map<string, StoredReceipt>();
  readonly #listeners = new Set<RunListener>();
  #lastReceipt: StoredReceipt | undefined;
  #droppedRuns = 0;

  /** `maxRuns`: how many are kept; those that have not ended always are. */
  constructor(maxRuns = MAX_RUNS_IN_MEMORY) {
    this.#maxRuns = maxRuns;
  }

  status(): HistoryStatus {
    return { kept_in: "memory", max_runs: this.#maxRuns, dropped_runs: this.#droppedRuns };
  }

  // deno-lint-ignore require-await -- failures are to be rejections, as of any store
  async add({ run, owner, idempotency }: NewRun): Promise<Added> {
    const earlier = idempotency && this.#entries.get(this.#idsByKey.get(idempotency.key) ?? "");
    if (earlier !== undefined) {
      const isSame = earlier.idempotency?.bodyHash === idempotency?.bodyHash;
      return { kind: isSame ? "same_request" : "other_request", stored: earlier };
    }
    const entry = { run, owner, idempotency, revision: 1 };
    if (idempotency !== undefined) this.#idsByKey.set(idempotency.key, run.run_id);
    this.#enter(run);
    this.#put(entry);
    this.#dropOldest();
    return { kind: "added", stored: entry };
  }

  // deno-lint-ignore require-await -- failures are to be rejections, as of any store
  async update(
    runId: string,
    from: readonly RunState[],
    change: RunChange,
  ): Promise<StoredRun | undefined> {
    const entry = this.#entries.get(runId);
    const run = entry && changed(entry.run, from, change);
    if (entry === undefined || run === undefined) return undefined;
    const { key } = entry.idempotency ?? {};
    if (change.releasesKey && key !== undefined) this.#idsByKey.delete(key);
    const idempotency = change.releasesKey ? undefined : entry.idempotency;
    return this.#put({ ...entry, run, idempotency, revision: entry.revision + 1 });
  }

  // deno-lint-ignore require-await -- failures are to be rejections, as of any store
  async request(runId: string, request: RunRequest): Promise<StoredRun | undefined> {
    const entry = this.#entries.get(runId);
    if (entry === undefined) return undefined;
    const run = requested(entry.run, request);
    return run === entry.run ? entry : this.#put({ ...entry, run, revision: entry.revision + 1 });
  }

  get(runId: string): Promise<StoredRun | undefined> {
    return Promise.resolve(this.#entries.get(runId));
  }

  // deno-lint-ignore require-await -- failures are to be rejections, as of any store
  async list({ limit, cursor, states, datasetUrn }: RunQuery): Promise<RunPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const runs: Run[] = [];
    for (const { run_id } of this.#order.toReversed()) {
      const { run } = this.#entries.get(run_id)!;
      if (after !== undefined && comparePositions(run, after) <= 0) continue;
      if (states !== undefined && !states.includes(run.state)) continue;
      if (datasetUrn !== undefined && run.dataset_urn !== datasetUrn) continue;
      if (runs.length === limit) return { runs, next_cursor: cursorAfter(runs.at(-1)!) };
      runs.push(run);
    }
    return { runs, next_cursor: null };
  }

  onChange(listener: RunListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  receipt(runId: string): Promise<StoredReceipt | undefined> {
    return Promise.resolve(this.#receipts.get(runId));
  }

  lastReceipt(): Promise<StoredReceipt | undefined> {
    return Promise.resolve(this.#lastReceipt);
  }

  // deno-lint-ignore require-await -- failures are to be rejections, as of any store
  async addReceipt(receipt: StoredReceipt): Promise<boolean> {
    const isNext = receipt.sequence === (this.#lastReceipt?.sequence ?? 0) + 1;
    if (!isNext || this.#receipts.has(receipt.runId)) return false;
    this.#lastReceipt = receipt;
    if (this.#entries.has(receipt.runId)) this.#receipts.set(receipt.runId, receipt);
    return true;
  }

  async close(): Promise<void> {}

  /** Enters a run into the order; it is nearly always the newest one. */
  #enter(run: Run): void {
    let place = this.#order.length;
    while (place > 0 && comparePositions(run, this.#order[place - 1]!) > 0) place--;
    // not by splice, which copies the whole list
    if (place === this.#order.length) this.#order.push(run);
    else this.#order.splice(place, 0, run);
  }

  #put(entry: Entry): Entry {
    this.#entries.set(entry.run.run_id, entry);
    for (const listener of this.#listeners) listener(entry.run.run_id);
    return entry;
  }

  #dropOldest(): void {
    while (this.#order.length > this.#maxRuns) {
      const place = this.#order.findIndex(({ run_id }) =>
        isFinal(this.#entries.get(run_id)!.run.state)
      );
      if (place === -1) return;
      const { run_id } = place === 0 ? this.#order.shift()! : this.#order.splice(place, 1)[0]!;
      const { key } = this.#entries.get(run_id)!.idempotency ?? {};
      if (key !== undefined) this.#idsByKey.delete(key);
      this.#entries.delete(run_id);
      this.#receipts.delete(run_id);
      this.#droppedRuns++;
    }
  }
}
