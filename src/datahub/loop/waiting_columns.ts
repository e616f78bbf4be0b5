/** Columns that wait until somebody approves them. */
import type { Looks } from "./looks.ts";
import type { Reconciled } from "./outcome.ts";
import { type PlannedReason, reasonsOf } from "./plan_document.ts";

/** A column that waits, and why it is tagged. */
export interface WaitingColumn {
  readonly name: string;
  readonly reasons: readonly PlannedReason[];
  /** What a sample of the values looks like; null if there is none. */
  readonly looks_like: Looks | null;
}

/** A dataset with columns that wait. */
export interface WaitingDataset {
  readonly dataset_urn: string;
  readonly columns: readonly WaitingColumn[];
  /** Rows with a plain value in one of the columns; null if they were not counted. */
  readonly rows: number | null;
}

/** What waits. This is the published document, hence the names in snake_case. */
export interface Approvals {
  /** URN of the tag that approves a column; null if there is none, so that nothing can be approved. */
  readonly approval_tag: string | null;
  readonly waiting: readonly WaitingDataset[];
}

/**
 * The columns of a dataset that wait: those that somebody tagged and the mode wants approved, and those that
 * only a program tagged. Undefined if there are none.
 */
export function waitingColumns(reconciled: Reconciled): WaitingDataset | undefined {
  const { datasetUrn, outcome, tagged, unconfirmed, looks } = reconciled;
  const isCounted = outcome.kind === "waiting_for_approval";
  const columns = [...(isCounted ? tagged.filter((each) => !each.isApproved) : []), ...unconfirmed];
  if (columns.length === 0) return undefined;
  return {
    dataset_urn: datasetUrn,
    columns: columns.map((each) => ({
      name: each.name,
      reasons: reasonsOf(each),
      looks_like: looks?.get(each.name) ?? null,
    })),
    rows: isCounted ? outcome.report.updated : null,
  };
}
