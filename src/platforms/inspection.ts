/**
 * The seam between verification and the databases: a table that is read as it is, and never written.
 * Nothing here, and nothing behind it, is shared with what rewrites a table, but for the connections.
 */
import type { ResolvedName } from "../datahub/allowed_datasets.ts";
import type { DatasetUrn } from "../datahub/dataset_urn.ts";
import type { ColumnRef } from "../datahub/schema_field.ts";
import type { Observe } from "../observations.ts";

/** From best to worst. */
const FINDING_STATES = ["clean", "could_not_tell", "not_clean"] as const;
/** What was found: nothing, something, or not enough to tell. */
export type FindingState = (typeof FINDING_STATES)[number];

/** What came of one check: names and counts, and never a value. */
export interface Finding {
  /** Such as `visible`; each platform has its own. */
  readonly check: string;
  readonly state: FindingState;
  /** Absent if there is nothing to say. */
  readonly detail?: string;
  /** SQL that clears what was found; absent if there is none. */
  readonly command?: string;
}

/** Some rows, column by column; null for NULL. */
export interface TextBatch {
  readonly rows: number;
  readonly columns: readonly (readonly (string | null)[])[];
}

/** Whether each of the texts, which stand in for the column's, is a token there. */
export type AreTokens = (column: string, texts: readonly string[]) => Promise<boolean>;

/** A table in one state, for as long as it is read. */
export interface InspectedTable {
  /** The canonical name, such as `app.public.customers`. */
  readonly table: string;
  readonly platformInstance: string;
  /** The names of database (or catalog), schema and table, as the catalogue has them. */
  readonly path: readonly string[];
  /** The columns' names in the catalogue, in the order asked for. */
  readonly columns: readonly string[];
  /** Which state of the table it is, as the database names it; null if it has no name. */
  readonly snapshot: string | null;
  /** Why what is read may not be what is stored; empty if it is. */
  readonly doubts: readonly Finding[];
  /** Whether `read` may be called. If not, `doubts` say why. */
  readonly isReadable: boolean;
  /** About how many rows there are; undefined if nobody knows. */
  readonly estimatedRows: number | undefined;
  /** What is out of reach, in words: no finding speaks of it. */
  readonly notCovered: readonly string[];
  /** All rows. */
  read(): AsyncIterable<TextBatch>;
  /** Looks for old values outside of the rows. */
  lookElsewhere(areTokens: AreTokens): Promise<Finding[]>;
}

/** How a table is inspected. */
export interface InspectionContext {
  readonly runId: string;
  /** Ends it. Its reason is a `ServiceError`. */
  readonly signal: AbortSignal;
  readonly observe: Observe;
  /** Whether a table may be named to the caller, as the one that was probably meant. */
  readonly maySuggest: (table: ResolvedName) => boolean;
}

/** A connection of a platform, as far as verification needs it. */
export interface StoredTables {
  /**
   * Finds the table and calls `use` with it. All that `use` reads is of one state of the table. Throws a
   * `ServiceError` if there is no such table or column, or the database cannot be read.
   */
  withStoredTable<T>(
    dataset: DatasetUrn,
    columns: readonly ColumnRef[],
    context: InspectionContext,
    use: (table: InspectedTable) => Promise<T>,
  ): Promise<T>;
}
