/**
 * What a run does, and how: every choice that a caller has, with its values and its default. The command line,
 * the HTTP API and the platforms take them from here.
 */

/**
 * What is all or nothing: the whole run, or each of many batches, which suits a table too large for one
 * transaction. Batches that were committed stay, and the next run continues after them.
 */
export const COMMIT_MODES = ["atomic", "batches"] as const;
/** What is all or nothing. */
export type CommitMode = (typeof COMMIT_MODES)[number];

/** Rows are updated in place, or the whole table is rewritten under an exclusive lock. */
export const STRATEGIES = ["update", "rewrite"] as const;
/** How rows are written. */
export type Strategy = (typeof STRATEGIES)[number];

/** What becomes of a column: of values tokens, of one key's tokens another's, or of tokens values. */
export const OPERATIONS = ["tokenize", "rotate", "restore"] as const;
/** What a run does. */
export type Operation = (typeof OPERATIONS)[number];

/** How a run is done. */
export interface RunOptions {
  /** Count what would change, and change nothing. */
  readonly dryRun: boolean;
  readonly commit: CommitMode;
  readonly strategy: Strategy;
  /** Clear the old values that the run leaves elsewhere, as far as the role may. */
  readonly scrub: boolean;
  /** How many connections may write at once in batches; undefined leaves it to the platform. */
  readonly connections?: number | undefined;
  /** The most rows to write in a second; undefined for no limit. */
  readonly rowsPerSecond?: number | undefined;
}

/** The most connections that may write at once. */
export const MAX_CONNECTIONS = 64;
/** The highest rate that can be asked for. */
export const MAX_ROWS_PER_SECOND = 1_000_000_000;

/** How a run is done unless the caller says otherwise. */
export const DEFAULT_RUN_OPTIONS: RunOptions = {
  dryRun: false,
  commit: "atomic",
  strategy: "update",
  scrub: false,
};
