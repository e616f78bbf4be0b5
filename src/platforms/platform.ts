/**
 * The seam between the action and the databases. It declares what the job calls, and nothing more.
 *
 * Glossary
 * - Platform: a kind of database, by the name DataHub gives it in a URN (`postgres`, `databricks`). There
 *   may be several connections of one.
 * - Table session: one table, found and checked, for as long as a run lasts; on platforms that have
 *   transactions, inside one.
 * - Updated: rows in which at least one named column changed. Skipped: the table's other rows.
 */
import type { ColumnRef } from "../datahub/schema_field.ts";
import type { ResolvedName } from "../datahub/allowed_datasets.ts";
import type { DatasetUrn } from "../datahub/dataset_urn.ts";
import type { Observe } from "../observations.ts";
import type { PhaseClock } from "../phases.ts";
import type { Conversion } from "../tokens/conversion.ts";
import type { RunOptions } from "../run_options.ts";
import type { ConnectionFacts } from "./connection_facts.ts";
import type { Fit } from "./connection_scope.ts";
import type { FormCounts } from "./forms.ts";
import type { StoredTables } from "./inspection.ts";
import type { Method } from "./methods.ts";
import type { Refuse } from "./obstacles.ts";
import type { Throttle } from "./throttle.ts";
import type { Residue } from "./residue.ts";
import type { PlanRequest, TablePlan } from "./table_plan.ts";
import type { Warning } from "./warnings.ts";

/** Rows changed and rows left as they were, which together are all rows; and the tokens left in them. */
export interface Counts {
  readonly updated: number;
  readonly skipped: number;
  /** Foreign tokens in the named columns. */
  readonly foreign: number;
  /** Lookalikes among the texts that the SDK was asked about; absent if it was asked about none. */
  readonly lookalikes?: number;
}

/** What a rewrite did, and how. */
export interface RewriteOutcome extends Counts {
  readonly method: Method;
}

/** How far a run has come. */
export interface Progress {
  /** Rows written so far. */
  readonly updated: number;
  /** Rows with nothing to write; absent as long as they are not counted. */
  readonly skipped?: number;
  /** Rows in the table. */
  readonly total: number;
  /** Present, and true, if the figures follow from a sample. */
  readonly isEstimate?: true;
}

/** How a run is done, and what it reports to. */
export interface RunContext extends RunOptions {
  readonly runId: string;
  /** Ends the run early: what was not committed is rolled back. Its reason is a `ServiceError`. */
  readonly signal: AbortSignal;
  readonly observe: Observe;
  /** Whether a table may be named to the caller, as the one that was probably meant. */
  readonly maySuggest: (table: ResolvedName) => boolean;
  /** Measures reading, writing and committing; the caller measures the rest. */
  readonly clock: PhaseClock;
  /** Whether what is written are values, so that no log of the database may hold it. */
  readonly writesValues?: boolean;
  /** To be passed before each batch. */
  readonly throttle: Throttle;
  /** Called after each batch, and now and then while one statement does all. */
  readonly progress: (progress: Progress) => void;
  /** Called with what the report must warn of; more than once with the same does no harm. */
  readonly warn: (warning: Warning) => void;
  /**
   * For plans, which are dry runs: takes each thing that would refuse the run, as far as more can be found
   * out after it. Without it, the first one is thrown.
   */
  readonly onObstacle?: Refuse;
  /** For plans: takes what only the run can try, since the role may not read what it is about. */
  readonly onUntried?: (conditions: readonly string[]) => void;
}

/** A resolved table, ready to be counted or rewritten. */
export interface TableSession {
  /** The canonical name, such as `app.public.customers`. */
  readonly table: string;
  /** What precedes the database or catalog in the dataset's name; empty if nothing does. */
  readonly platformInstance: string;
  /** The names of database (or catalog), schema and table, as the catalogue has them. */
  readonly path: readonly string[];
  /** The columns' names in the catalogue, in the order asked for. */
  readonly columns: readonly string[];
  /** Counts what `rewrite` would change, and changes nothing. */
  count(conversion: Conversion): Promise<Counts>;
  /** Finds out what a run would do, and what stands in its way. Changes nothing. */
  plan(request: PlanRequest): Promise<TablePlan>;
  /** What a sample of each column's selected texts looks like. */
  forms(conversion: Conversion): Promise<readonly FormCounts[]>;
  /** Converts all that the conversion selects. */
  rewrite(conversion: Conversion): Promise<RewriteOutcome>;
  /**
   * Finds where old values are left after `rewrite`, which changed `updated` rows. Never throws: a place
   * that could not be checked is reported as such.
   */
  residue?(conversion: Conversion, updated: number): Promise<Residue>;
}

/** A table with names of its columns. */
export interface NamedTable extends ResolvedName {
  readonly columns: readonly string[];
}

/** One connection of a platform: a database, or a warehouse. */
export interface Platform extends StoredTables {
  /** What follows `urn:li:dataPlatform:` in a URN. */
  readonly name: string;
  /** What datasets it is used for, for messages: `platform instance eu, database crm`. */
  readonly reach: string;
  /** What it connects to and as whom, for a person who may know: `db.internal:5432, database crm, user tokenize`. */
  readonly address: string;
  /** How well the dataset's name fits what this connection is used for. */
  fit(dataset: DatasetUrn): Fit;
  /** Resolves if the database responds; else throws a `ServiceError` that says why not. */
  check(signal: AbortSignal): Promise<void>;
  /** Connects, and finds out how the connection is. Throws a `ServiceError`. */
  inspect(run: Pick<RunContext, "runId" | "signal" | "observe">): Promise<ConnectionFacts>;
  /**
   * Finds the table, checks that it can be tokenized, and calls `use` with it. What `use` did is
   * committed when it returns, and undone when it throws, as far as the platform has transactions. If it turns
   * out, before anything is written, that the connection is lost or the table is not what it was before, `use`
   * is called again.
   *
   * Throws a `ServiceError`.
   */
  withTable<T>(
    dataset: DatasetUrn,
    columns: readonly ColumnRef[],
    run: RunContext,
    use: (table: TableSession) => Promise<T>,
  ): Promise<T>;
  /**
   * Finds the table and lists the columns that a caller may name. Omitted where asking alone may cost money:
   * it could start a warehouse. Throws a `ServiceError`.
   */
  listColumns?(
    dataset: DatasetUrn,
    run: Pick<RunContext, "signal" | "maySuggest">,
  ): Promise<NamedTable>;
  /** How many connections are in use, and how many are kept; omitted if none are kept. */
  connections?(): { readonly inUse: number; readonly idle: number };
  /** Closes every connection. */
  close(): Promise<void>;
}
