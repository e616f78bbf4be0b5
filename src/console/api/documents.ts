/**
 * What the API sends, as far as the console shows it. The names are those of the published documents. A
 * test holds them to the API's own types; the console imports none of those, since it is another program.
 */

/** What has become of a run so far. */
export type RunState =
  | "queued"
  | "running"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "interrupted";

/** A problem document (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly run_id?: string;
}

/** A place where old values may be left. */
export interface ResiduePlace {
  readonly place: string;
  readonly state: "none" | "cleared" | "remains" | "not_checked";
  readonly command?: string;
  readonly detail?: string;
}

/** What a run did. */
export interface Report {
  readonly table: string;
  readonly columns: readonly string[];
  readonly updated: number;
  readonly skipped: number;
  readonly foreign: number;
  readonly lookalikes?: number;
  readonly method?: string;
  readonly elapsed_ms: number;
  readonly warnings?: readonly string[];
  readonly residue?: readonly ResiduePlace[];
}

/** How far a run has come. */
export interface RunProgress {
  readonly updated: number;
  readonly skipped?: number;
  readonly total: number;
  readonly estimated?: true;
  readonly rows_per_second: number;
  readonly seconds_left?: number;
  readonly throttled_by?: string;
}

/** What was asked of a run under way. */
export interface RunThrottle {
  readonly rows_per_second: number | null;
  readonly connections: number | null;
  readonly paused: boolean;
}

/** A run. */
export interface Run {
  readonly run_id: string;
  readonly state: RunState;
  readonly dataset_urn: string;
  readonly platform: string | null;
  readonly table: string | null;
  readonly columns: readonly string[];
  readonly operation: "tokenize" | "rotate" | "restore";
  readonly dry_run: boolean;
  readonly cause: {
    readonly kind: "http" | "cli" | "event" | "sweep";
    readonly actor: string | null;
  };
  readonly progress: RunProgress | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly report: Report | null;
  readonly problem: Problem | null;
  readonly throttle?: RunThrottle;
  /** What can be asked of the run; absent until that is known. */
  readonly adjustable?: readonly (keyof RunThrottle)[];
  readonly cancel_requested?: true;
}

/** Some runs, newest first. */
export interface RunPage {
  readonly runs: readonly Run[];
  readonly next_cursor: string | null;
  /** Where they are kept; in memory, the oldest are dropped. */
  readonly history?: {
    readonly kept_in: "memory" | "postgres";
    readonly max_runs?: number;
    readonly dropped_runs?: number;
  };
}

/** The body of a trigger. */
export interface TriggerBody {
  readonly dataset_urn: string;
  readonly columns: string[];
  readonly dry_run?: boolean;
  readonly commit?: "atomic" | "batches";
  readonly strategy?: "update" | "rewrite";
  readonly scrub?: boolean;
}

/** What is in a column of a plan. */
export interface PlannedColumn {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  readonly would_change: number;
  readonly tokens: {
    readonly own: number;
    readonly other_key: number;
    readonly other_sdk: number;
  };
  readonly looks_like: Pick<Looks, "sampled" | "forms"> | null;
}

/** What a run would do. */
export interface Plan {
  readonly table: string | null;
  readonly possible: boolean;
  readonly obstacles: readonly { readonly code: string; readonly detail: string }[];
  readonly untried?: readonly string[];
  readonly rows: number | null;
  readonly would_update: number | null;
  readonly columns: readonly PlannedColumn[];
  readonly method: string | null;
  readonly estimate: {
    readonly seconds: number;
    readonly disk_bytes: number;
    readonly wal_bytes: number | null;
  } | null;
  readonly residue: readonly ResiduePlace[];
  readonly warnings?: readonly string[];
}

/** Whether the platforms can be reached. */
export interface Readiness {
  readonly status: "ready" | "not_ready";
  readonly platforms: Readonly<Record<string, string>>;
  readonly datahub?: string;
}

/** A dataset that needs somebody's attention. */
export interface DatasetProblem {
  readonly dataset_urn: string;
  readonly code: string;
  readonly detail: string;
}

/** How DataHub is followed. */
export interface DatahubStatus {
  readonly mode: "observe" | "approve" | "run";
  readonly events: "polling" | "absent" | "failing";
  readonly problem: string | null;
  readonly lag_seconds: number | null;
  readonly last_event_at: string | null;
  readonly last_sweep_at: string | null;
  readonly last_sweep_datasets: number | null;
  readonly due: number;
  readonly running: number;
  readonly later: number;
  readonly failed: readonly DatasetProblem[];
  readonly refused: readonly DatasetProblem[];
}

/** Why a column is tagged. */
export interface TagReason {
  readonly label: string;
  readonly actor: string | null;
  readonly at: string | null;
  readonly derived: boolean;
}

/** What a sample of a column's values looks like. */
export interface Looks {
  readonly sampled: number;
  readonly forms: Readonly<Partial<Record<string, number>>>;
  readonly expected: string | null;
  readonly fitting: number | null;
}

/** A column that waits for an approval. */
export interface WaitingColumn {
  readonly name: string;
  readonly reasons: readonly TagReason[];
  readonly looks_like: Looks | null;
}

/** A dataset with columns that wait. */
export interface WaitingDataset {
  readonly dataset_urn: string;
  readonly columns: readonly WaitingColumn[];
  readonly rows: number | null;
}

/** What waits for an approval. */
export interface Approvals {
  readonly approval_tag: string | null;
  readonly waiting: readonly WaitingDataset[];
}
