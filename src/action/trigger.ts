/**
 * Glossary of the action
 * - Trigger: a request to tokenize some columns of one dataset.
 * - Run: one execution of a trigger, identified by its run id.
 * - Report: what a run did, with exact counts.
 */
import type { Method } from "../platforms/methods.ts";
import type { ResiduePlace } from "../platforms/residue.ts";
import type { Warning } from "../platforms/warnings.ts";
import type { RunOptions } from "../run_options.ts";

/** What a caller requests. Its shape is checked on entry, its meaning at the start of the run. */
export interface Trigger extends RunOptions {
  readonly datasetUrn: string;
  /** Names, schemaField paths or schemaField URNs. */
  readonly columns: readonly string[];
}

/**
 * What a run did. This is the published document, hence the names in snake_case: the HTTP API sends it
 * and the command line prints it as it is.
 */
export interface Report {
  readonly run_id: string;
  readonly dataset_urn: string;
  readonly platform: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly dry_run: boolean;
  readonly updated: number;
  readonly skipped: number;
  /** Tokens of another SDK, key or setting in the named columns, which are left alone. */
  readonly foreign: number;
  /** Texts in the form of tokens that fail their authentication; absent if none was tried. */
  readonly lookalikes?: number;
  /** Where the tokens were made; absent for a dry run. */
  readonly method?: Method;
  readonly elapsed_ms: number;
  /** What is to be known of a run that is done; absent if there is nothing. */
  readonly warnings?: readonly Warning[];
  /** Where old values are left; absent if nothing was updated and `scrub` was not requested. */
  readonly residue?: readonly ResiduePlace[];
}
