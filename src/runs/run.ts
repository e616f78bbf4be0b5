/**
 * A run as it is published: what `GET /runs/{id}` sends, and what a store keeps. The names are those of
 * the document, hence in snake_case; times are RFC 3339 in UTC with milliseconds.
 */
import type { Report } from "../action/trigger.ts";
import type { ErrorCode } from "../errors.ts";
import type { Operation } from "../run_options.ts";
import type { Adjustable, ThrottleSettings } from "../platforms/throttle.ts";

/** The states, in the order in which a run may have them. */
export const RUN_STATES = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "interrupted",
] as const;
/** What has become of a run so far. */
export type RunState = (typeof RUN_STATES)[number];

/** The states that a run may have after each. Those with none are final. */
const NEXT_STATES: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ["running", "failed", "cancelled", "interrupted"],
  running: ["succeeded", "failed", "cancelled", "interrupted"],
  succeeded: [],
  failed: [],
  cancelled: [],
  interrupted: [],
};

/** Whether a run in the state `from` may get the state `to`. */
export function canBecome(from: RunState, to: RunState): boolean {
  return NEXT_STATES[from].includes(to);
}

/** Whether a run in that state has ended, and never changes again. */
export function isFinal(state: RunState): boolean {
  return NEXT_STATES[state].length === 0;
}

/** The states of runs that have not ended. */
export const LIVE_STATES: readonly RunState[] = RUN_STATES.filter((state) => !isFinal(state));

/** What can cause a run: a request, the command line, an event of DataHub, or a sweep over its datasets. */
export const CAUSE_KINDS = ["http", "cli", "event", "sweep"] as const;

/** What caused a run, and who; `actor` is null if that is not known. */
export interface Cause {
  readonly kind: (typeof CAUSE_KINDS)[number];
  readonly actor: string | null;
}

/** How far a run has come. */
export interface RunProgress {
  /** Rows written so far. */
  readonly updated: number;
  /** Rows with nothing to write, such as those of an earlier run; absent as long as they are not counted. */
  readonly skipped?: number;
  /** Rows in the table. */
  readonly total: number;
  /** Present, and true, if these rows are estimated from a sample. */
  readonly estimated?: true;
  /** Rows written in a second, of late. */
  readonly rows_per_second: number;
  /** How long what is left will take at that rate, in seconds; absent if nobody can tell. */
  readonly seconds_left?: number;
  /** What the run waits for at present, in words; absent if for nothing. */
  readonly throttled_by?: string;
}

/** What was asked of a run under way. */
export type RunThrottle = ThrottleSettings;

/** A problem document (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly run_id?: string;
}

/** A run. */
export interface Run {
  readonly run_id: string;
  readonly state: RunState;
  readonly dataset_urn: string;
  /** As the URN has it; null if the URN is not valid. */
  readonly platform: string | null;
  /** The table's name in the catalogue; null until it was found. */
  readonly table: string | null;
  readonly columns: readonly string[];
  readonly operation: Operation;
  readonly dry_run: boolean;
  readonly cause: Cause;
  /** Null until the first rows were written. */
  readonly progress: RunProgress | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  /** What it did; null unless it succeeded. */
  readonly report: Report | null;
  /** Why it did not succeed; null if it did, or has not ended. */
  readonly problem: Problem | null;
  /** What can be changed while it runs; absent until that is known. */
  readonly adjustable?: readonly Adjustable[];
  /** Present once a limit or pause was asked for. */
  readonly throttle?: RunThrottle;
  /** Present, and true, once the run was asked to end. */
  readonly cancel_requested?: true;
}
