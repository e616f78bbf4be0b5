/**
 * The runs that this process executes. What becomes of them is known here first, and stored as soon as the
 * database takes it: a run neither waits for its history nor fails because of it. What is not stored yet is
 * bounded by the number of runs under way, since no run begins that the database has not taken.
 */
import { delay, settleWithin } from "../async.ts";
import { changed, requested } from "../runs/changed_run.ts";
import { isFinal, type Run, type RunState, type RunThrottle } from "../runs/run.ts";
import type { RunChange, RunRequest, StoredRun } from "../runs/run_store.ts";
import { CHANGE_RUN } from "./sql/change_run.ts";
import { PUT_RUN } from "./sql/put_run.ts";
import { FIND_RUN } from "./sql/find_runs.ts";
import {
  type ChangedRow,
  runParameters,
  type RunRow,
  storedRunOf,
  withRequests,
} from "./sql/run_rows.ts";
import type { Statements } from "./statements.ts";

/** How long a change of state waits to be stored, before the run goes on without. */
const PATIENCE_MS = 3000;
const RETRY_MS = 500;

/** What it works with. */
export interface OwnRunsDependencies {
  readonly owner: string;
  readonly statements: Pick<Statements, "run">;
  /** Called after each change, and after each one that another process asked for. */
  readonly onChange: (runId: string) => void;
  /** Called whenever something was stored, or could not be. */
  readonly onStored: (error: unknown) => void;
}

interface Entry {
  stored: StoredRun;
  /** What is not stored yet; undefined if all is. */
  unstored: Unstored | undefined;
  storing: Promise<void> | undefined;
}

interface Unstored {
  readonly releasesKey: boolean;
  readonly cancel: boolean;
  readonly throttle: Partial<RunThrottle> | undefined;
}

type Requests = readonly [
  revision: number,
  cancelRequested: boolean,
  throttle: RunThrottle | null,
];

const NOTHING: Unstored = { releasesKey: false, cancel: false, throttle: undefined };

/** Keeps the runs of this process until they have ended and are stored. */
export class OwnRuns {
  readonly #deps: OwnRunsDependencies;
  readonly #entries = new Map<string, Entry>();
  readonly #closed = new AbortController();

  constructor(deps: OwnRunsDependencies) {
    this.#deps = deps;
  }

  /** How many have changes that are not stored. */
  get unstored(): number {
    return [...this.#entries.values()].filter(({ unstored }) => unstored !== undefined).length;
  }

  /** Takes a run that was just stored for the first time. */
  take(stored: StoredRun): void {
    this.#entries.set(stored.run.run_id, { stored, unstored: undefined, storing: undefined });
  }

  /** The run as it is known here. */
  find(runId: string): StoredRun | undefined {
    return this.#entries.get(runId)?.stored;
  }

  /** As `RunStore.update`, of a run that is here. */
  async update(
    runId: string,
    from: readonly RunState[],
    change: RunChange,
  ): Promise<StoredRun | undefined> {
    const entry = this.#entries.get(runId)!;
    const { releasesKey = false } = change;
    while (entry.stored.run.state === "queued" && entry.unstored === undefined) {
      const run = changed(entry.stored.run, from, change);
      if (run === undefined) return undefined;
      const outcome = await this.#compareAndSet(entry, run, releasesKey);
      if (outcome === "set") return entry.stored;
      if (outcome === "unknown") break;
    }
    const run = changed(entry.stored.run, from, change);
    if (run === undefined) return undefined;
    this.#change(entry, run, { ...NOTHING, releasesKey });
    // how far a run has come is worth no wait
    if (change.state !== undefined) await settleWithin(PATIENCE_MS, entry.storing!);
    return entry.stored;
  }

  /** As `RunStore.request`, of a run that is here. */
  async request(runId: string, request: RunRequest): Promise<StoredRun> {
    const entry = this.#entries.get(runId)!;
    const { run } = entry.stored;
    const wanted = requested(run, request);
    if (wanted === run) return entry.stored;
    const { cancel = false, throttle } = request;
    this.#change(entry, wanted, { ...NOTHING, cancel, throttle: throttle && wanted.throttle });
    await settleWithin(PATIENCE_MS, entry.storing!);
    return entry.stored;
  }

  /** Reads what other processes asked of a run that is here. */
  async refresh(runId: string): Promise<void> {
    const entry = this.#entries.get(runId);
    if (entry === undefined) return;
    const [row] = await this.#deps.statements.run<RunRow>("read a run", FIND_RUN, [runId]);
    if (row === undefined) return;
    const stored = storedRunOf(row);
    // others may end a run that waits, and only that
    if (entry.stored.run.state === "queued" && entry.unstored === undefined) {
      this.#adopt(entry, stored);
    } else {
      const { revision, run: { cancel_requested: asked = false, throttle = null } } = stored;
      this.#merge(entry, [revision, asked, throttle]);
    }
    this.#deps.onChange(runId);
  }

  /**
   * Changes a run that waits, and that another process may have ended, in the database first. Says
   * "unknown" if the database cannot be asked: then the run goes on by what is known here.
   */
  async #compareAndSet(
    entry: Entry,
    run: Run,
    releasesKey: boolean,
  ): Promise<"set" | "changed" | "unknown"> {
    const { statements, owner, onStored, onChange } = this.#deps;
    const parameters = [
      ...runParameters(run),
      owner,
      String(entry.stored.revision),
      String(releasesKey),
    ];
    try {
      const action = "keep a run in the history";
      const [row] = await statements.run<ChangedRow>(action, CHANGE_RUN, parameters);
      onStored(undefined);
      if (row === undefined) {
        await this.refresh(run.run_id);
        return "changed";
      }
      const [, ...columns] = row;
      this.#adopt(entry, storedRunOf(columns));
      onChange(run.run_id);
      return "set";
    } catch (error) {
      onStored(error);
      return "unknown";
    }
  }

  #adopt(entry: Entry, stored: StoredRun): void {
    entry.stored = stored;
    if (isFinal(stored.run.state)) this.#entries.delete(stored.run.run_id);
  }

  /** The ids of all of them. */
  ids(): string[] {
    return [...this.#entries.keys()];
  }

  /** Waits until all is stored, for `limitMs` at most. Nothing is stored after that. */
  async close(limitMs: number): Promise<void> {
    await settleWithin(limitMs, Promise.all([...this.#entries.values()].map((one) => one.storing)));
    this.#closed.abort();
  }

  #change(entry: Entry, run: Run, change: Unstored): void {
    const { stored, unstored = NOTHING } = entry;
    entry.stored = { ...stored, run, revision: stored.revision + 1 };
    entry.unstored = {
      releasesKey: unstored.releasesKey || change.releasesKey,
      cancel: unstored.cancel || change.cancel,
      throttle: change.throttle ?? unstored.throttle,
    };
    entry.storing ??= this.#store(entry);
    this.#deps.onChange(run.run_id);
  }

  /** Stores what there is to store, until there is nothing more. */
  async #store(entry: Entry): Promise<void> {
    const { run_id: runId } = entry.stored.run;
    while (entry.unstored !== undefined && !this.#closed.signal.aborted) {
      const { stored, unstored } = entry;
      entry.unstored = undefined;
      try {
        const [row] = await this.#put(stored, unstored);
        if (row !== undefined) this.#merge(entry, row);
        this.#deps.onStored(undefined);
      } catch (error) {
        entry.unstored = join(unstored, entry.unstored);
        this.#deps.onStored(error);
        await delay(RETRY_MS, this.#closed.signal).catch(() => {});
      }
    }
    entry.storing = undefined;
    if (isFinal(entry.stored.run.state)) this.#entries.delete(runId);
  }

  #put({ run, revision }: StoredRun, unstored: Unstored): Promise<Requests[]> {
    const { releasesKey, cancel, throttle } = unstored;
    return this.#deps.statements.run<Requests>("keep a run in the history", PUT_RUN, [
      ...runParameters(run),
      this.#deps.owner,
      String(revision),
      String(releasesKey),
      String(cancel),
      throttle === undefined ? null : JSON.stringify(throttle),
    ]);
  }

  /** What the database has of the requests, with those that it has not yet. */
  #merge(entry: Entry, [revision, asked, throttle]: Requests): void {
    const { stored: { run, ...rest }, unstored } = entry;
    const { cancel_requested: _, throttle: own = null, ...document } = run;
    const patched = unstored?.throttle === undefined ? throttle : own;
    const isAsked = asked || (unstored?.cancel ?? false);
    entry.stored = {
      ...rest,
      run: withRequests(document, isAsked, patched),
      revision: Math.max(rest.revision, revision),
    };
  }
}

/** What an attempt did not store, with what came meanwhile. */
function join(before: Unstored, later: Unstored = NOTHING): Unstored {
  return {
    releasesKey: before.releasesKey || later.releasesKey,
    cancel: before.cancel || later.cancel,
    throttle: later.throttle ?? before.throttle,
  };
}
