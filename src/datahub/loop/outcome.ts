/** What came of a dataset. */
import type { Report } from "../../action/trigger.ts";
import type { ServiceError } from "../../errors.ts";
import type { ReportError } from "../report/report_error.ts";
import type { LooksByColumn } from "./looks.ts";
import type { TaggedColumn } from "./tagged_columns.ts";

/** Each thing that may come of it. */
export type Outcome =
  /** DataHub does not know it, no longer knows it, or marks it as deprecated. */
  | { readonly kind: "left_alone"; readonly why: "removed" | "deprecated" }
  /** It is not a table that this program can reach, but stands for those. */
  | { readonly kind: "stands_for"; readonly tables: readonly string[] }
  /** No column is tagged, or none by somebody. */
  | { readonly kind: "untagged" }
  | DoneOrNothing
  | { readonly kind: "observed"; readonly report: Report }
  /** Of columns that were approved, and what came of those; the report counts the others. */
  | {
    readonly kind: "waiting_for_approval";
    readonly report: Report;
    readonly approved?: DoneOrNothing;
  }
  | { readonly kind: "refused" | "failed"; readonly error: ServiceError };

/** A run, or a dry run that made one unnecessary. */
export interface DoneOrNothing {
  readonly kind: "done" | "nothing_to_do";
  readonly report: Report;
}

/** What DataHub says about a dataset, and what came of it. */
export interface Reconciled {
  readonly datasetUrn: string;
  readonly outcome: Outcome;
  readonly tagged: readonly TaggedColumn[];
  /** Columns that only a program tagged, which are never touched without an approval. */
  readonly unconfirmed: readonly TaggedColumn[];
  /** Labels that ask for columns, but name none. */
  readonly onDataset: readonly string[];
  /** What the values of columns look like that wait or were counted only, as far as that was sampled. */
  readonly looks?: LooksByColumn;
  /** Why the outcome could not be reported; absent if it was. */
  readonly unreported?: ReportError;
}
