/**
 * The seam between runs and where they are kept: in memory, or in a database that several processes
 * share. Every method is one atomic step, and takes and gives plain data.
 *
 * Each run is executed by one process, its owner. Others read it, and leave requests that the owner
 * learns of by `onChange`.
 */
import type { Run, RunProgress, RunState, RunThrottle } from "./run.ts";

/** A run with what is not published of it. */
export interface StoredRun {
  readonly run: Run;
  /** 1 for a new run, and higher with each change of it. The ids of its events. */
  readonly revision: number;
  /** The process that executes it. */
  readonly owner: string;
}

/** Makes a request that is sent again the same run. */
export interface Idempotency {
  /** As the caller chose it. */
  readonly key: string;
  /** Of the request, to tell whether it is the same one. */
  readonly bodyHash: string;
}

/** A run to be kept. */
export interface NewRun {
  /** In the state `queued`. */
  readonly run: Run;
  readonly owner: string;
  readonly idempotency?: Idempotency | undefined;
}

/** What came of adding a run: there may be one with its key already, of the same request or of another. */
export type Added =
  | { readonly kind: "added"; readonly stored: StoredRun }
  | { readonly kind: "same_request"; readonly stored: StoredRun }
  | { readonly kind: "other_request"; readonly stored: StoredRun };

/** What may change in a run; what is absent stays. */
export interface RunChange {
  readonly state?: RunState;
  readonly table?: string;
  readonly columns?: readonly string[];
  readonly adjustable?: Run["adjustable"];
  readonly progress?: RunProgress | null;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly report?: Run["report"];
  readonly problem?: Run["problem"];
  /** Whether its idempotency key may begin another run from now on: nothing was done under it. */
  readonly releasesKey?: boolean;
}

/** What anybody may ask of a run that has not ended; fields of `throttle` that are absent stay. */
export interface RunRequest {
  readonly cancel?: true;
  readonly throttle?: Partial<RunThrottle>;
}

/** Which runs to list. */
export interface RunQuery {
  /** 1 to 200. */
  readonly limit: number;
  /** `next_cursor` of the page before; absent for the newest runs. */
  readonly cursor?: string | undefined;
  /** Only runs in one of these states. */
  readonly states?: readonly RunState[] | undefined;
  readonly datasetUrn?: string | undefined;
}

/** Some runs, newest first: by `created_at`, then by `run_id`, both descending. */
export interface RunPage {
  readonly runs: readonly Run[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/** Where runs are kept, as it is published. */
export interface HistoryStatus {
  readonly kept_in: "memory" | "postgres";
  /** The most runs that are kept; absent if there is no limit. */
  readonly max_runs?: number;
  /** How many ended runs were dropped for that limit. */
  readonly dropped_runs?: number;
}

/** A link of the chain of receipts. */
export interface StoredReceipt {
  readonly runId: string;
  /** 1 for the first receipt, and one more for each. */
  readonly sequence: number;
  /** Of `document`, which the next receipt refers to. */
  readonly hash: string;
  /** The signed statement, as it is sent. */
  readonly document: string;
}

/** Called after a change of that run; without an id, any run may have changed. May be called in excess. */
export type RunListener = (runId: string | undefined) => void;

/** Where runs are kept. */
export interface RunStore {
  /** How it keeps them. */
  status(): HistoryStatus;
  /** Keeps a new run, unless there is one with its key. */
  add(run: NewRun): Promise<Added>;
  /**
   * Changes a run, if its state is one of `from` and may become the new one; gives undefined, and changes
   * nothing, if not. Does not reject because a database is away: the run goes on, and what is known of it
   * is kept until it can be stored.
   */
  update(
    runId: string,
    from: readonly RunState[],
    change: RunChange,
  ): Promise<StoredRun | undefined>;
  /** Leaves a request for the owner. Gives the run with it, as it is if it has ended, or undefined. */
  request(runId: string, request: RunRequest): Promise<StoredRun | undefined>;
  /** Undefined if there is none with that id. */
  get(runId: string): Promise<StoredRun | undefined>;
  /** Throws `invalid_request` for a cursor that it did not make. */
  list(query: RunQuery): Promise<RunPage>;
  /** Calls `listener` after each change by any process, until the function that it gives is called. */
  onChange(listener: RunListener): () => void;
  /** The receipt of that run. */
  receipt(runId: string): Promise<StoredReceipt | undefined>;
  /** The end of the chain; undefined if there is no receipt yet. */
  lastReceipt(): Promise<StoredReceipt | undefined>;
  /** Whether it was added: not if its sequence number is taken, or its run has one. */
  addReceipt(receipt: StoredReceipt): Promise<boolean>;
  /** Lets go of what it holds. */
  close(): Promise<void>;
}
