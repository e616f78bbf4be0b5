/** What is asked for when a run is started, and what is given for it. */
import type { Report, Trigger } from "../action/trigger.ts";
import type { Cause, RunProgress } from "./run.ts";
import type { Idempotency, StoredRun } from "./run_store.ts";

/** A run to be started. */
export interface RunOrder {
  readonly trigger: Trigger;
  readonly cause: Cause;
  /** A new one by default. */
  readonly runId?: string;
  readonly idempotency?: Idempotency | undefined;
  /** Called with what is published of its progress. */
  readonly onProgress?: (progress: RunProgress) => void;
}

/** A run that was started, by this order or by an earlier one with the same key. */
export interface StartedRun {
  readonly stored: StoredRun;
  readonly isReplay: boolean;
  /** What it did, once it is done. Rejects with a `ServiceError`. */
  readonly report: Promise<Report>;
}
