/**
 * What the command line asks of the sandbox: one job, as plain data, since it crosses as a message.
 */

/** A dataset and its columns, as given on the command line. */
export interface DatasetArguments {
  readonly urn: string;
  readonly columns: readonly string[];
}

/** How a run is to be done. */
export interface RunArguments {
  readonly dryRun: boolean;
  readonly commit: "atomic" | "batches";
  readonly strategy: "update" | "rewrite";
  /** Clear what the run leaves of old values elsewhere. */
  readonly scrub: boolean;
}

/** One job for the sandbox. `json` asks for machine-readable results on standard output. */
export type Job =
  | { readonly command: "serve" }
  | {
    readonly command: "run";
    readonly dataset: DatasetArguments;
    readonly how: RunArguments;
    /** How many connections may write at once in batches. */
    readonly connections: number | undefined;
    readonly json: boolean;
  }
  | {
    readonly command: "rotate";
    readonly dataset: DatasetArguments;
    readonly how: RunArguments;
    readonly connections: number | undefined;
    readonly json: boolean;
  }
  | {
    readonly command: "trigger";
    readonly url: string;
    readonly dataset: DatasetArguments;
    readonly how: RunArguments;
    readonly json: boolean;
  }
  | {
    readonly command: "smoke";
    readonly url: string;
    readonly datasets: readonly DatasetArguments[];
    readonly json: boolean;
  }
  | { readonly command: "healthcheck"; readonly url: string }
  | {
    readonly command: "detokenize";
    /** Where the tokens were made; undefined where that is not bound into them. */
    readonly dataset: string | undefined;
    readonly column: string | undefined;
    readonly json: boolean;
  };
