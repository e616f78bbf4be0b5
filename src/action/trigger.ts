/**
 * Glossary of the action
 * - Trigger: the request to tokenize some columns of one dataset, as a caller writes it.
 * - Run: one execution of a trigger, known by its run id.
 * - Report: what a run did, with exact counts.
 */
import type { Method } from "../platforms/platform.ts";
import type { ResiduePlace } from "../platforms/residue.ts";
import type { RunOptions } from "../run_options.ts";

/** What a caller asks for. Shapes are checked where it comes in; meanings where the run begins. */
export interface Trigger extends RunOptions {
  readonly datasetUrn: string;
  /** Names, schemaField paths or schemaField URNs. */
  readonly columns: readonly string[];
}

/**
 * What a run did. It is the published document, hence the names in snake_case: the HTTP API and the
 * command line give it to their callers as it is, so neither has a shape of its own to keep in step.
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
  /** Texts in the form of tokens that fail their authentication; absent where none was tried. */
  readonly lookalikes?: number;
  /** Which way the work was done; absent for a dry run. */
  readonly method?: Method;
  readonly elapsed_ms: number;
  /** Where old values are left; absent where nothing was updated, unless asked for. */
  readonly residue?: readonly ResiduePlace[];
}
