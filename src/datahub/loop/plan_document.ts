/** What a sweep found or did about a dataset, as a document: what the commands print. */
import type { Obstacle } from "../../action/plan_document.ts";
import type { DatahubMode } from "../settings.ts";
import type { Looks } from "./looks.ts";
import type { Outcome } from "./outcome.ts";
import type { Swept } from "./sweep_once.ts";
import type { TaggedColumn } from "./tagged_columns.ts";

/** Why a column is tagged: the label, who put it there and when, as far as DataHub knows. */
export interface PlannedReason {
  readonly label: string;
  readonly actor: string | null;
  /** RFC 3339. */
  readonly at: string | null;
  /** Whether a program derived it. */
  readonly derived: boolean;
}

/** A tagged column, and what is done about it. */
export interface PlannedColumn {
  readonly name: string;
  readonly reasons: readonly PlannedReason[];
  readonly approved: boolean;
  /** `tokenize`; `approve`: it waits for an approval; `observe`: the mode allows no more than counting. */
  readonly next: "tokenize" | "approve" | "observe";
  /** What a sample of the values looks like; null if there is none. */
  readonly looks_like: Looks | null;
}

/** A dataset downstream that may hold copies of the values, as far as DataHub's lineage knows. */
export interface PlannedCopy {
  readonly dataset_urn: string;
  /** Empty if only the dataset as a whole is known. */
  readonly columns: readonly string[];
  /** Whether it is tagged, too; null if that is not known. */
  readonly tagged: boolean | null;
}

/** A dataset. This is the published document, hence the names in snake_case. */
export interface PlannedDataset {
  readonly dataset_urn: string;
  /** What came of it: an outcome, or `unread` if DataHub could not be asked. */
  readonly state: Outcome["kind"] | "unread";
  readonly columns: readonly PlannedColumn[];
  /** Rows in which a value is no token yet, or which were updated; null if they were not counted. */
  readonly rows: number | null;
  /** Datasets that hold copies. */
  readonly downstream: readonly PlannedCopy[];
  /** What stands in the way. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
  /** All that stands in the way of a run, if it was looked for; the problem is the first of it. */
  readonly obstacles: readonly Obstacle[];
}

/** The document about a dataset. */
export function plannedDataset(swept: Swept, mode: DatahubMode): PlannedDataset {
  if ("unread" in swept) {
    const { datasetUrn, unread } = swept;
    const problem = { code: "datahub", detail: unread.message };
    const nothing = { columns: [], rows: null, downstream: [], obstacles: [] };
    return { dataset_urn: datasetUrn, state: "unread", ...nothing, problem };
  }
  const { datasetUrn, outcome, tagged, unconfirmed } = swept;
  return {
    dataset_urn: datasetUrn,
    state: outcome.kind,
    columns: [...tagged, ...unconfirmed].map((column) =>
      plannedColumn(column, mode, swept.looks?.get(column.name))
    ),
    rows: "report" in outcome ? outcome.report.updated : null,
    downstream: (swept.copies?.datasets ?? []).map(({ datasetUrn, columns, isTagged }) => {
      return { dataset_urn: datasetUrn, columns, tagged: isTagged ?? null };
    }),
    problem: "error" in outcome
      ? { code: outcome.error.code, detail: outcome.error.message }
      : swept.onDataset.length > 0 && tagged.length === 0
      ? namesNoColumn(swept.onDataset)
      : null,
    obstacles: swept.obstacles,
  };
}

function plannedColumn(
  column: TaggedColumn,
  mode: DatahubMode,
  looks: Looks | undefined,
): PlannedColumn {
  const { name, reasons, isApproved: approved } = column;
  const isDerived = reasons.every((reason) => reason.isDerived) && !approved;
  const next = mode === "observe"
    ? "observe"
    : isDerived || (mode === "approve" && !approved)
    ? "approve"
    : "tokenize";
  return {
    name,
    approved,
    next,
    reasons: reasonsOf(column),
    looks_like: looks ?? null,
  };
}

/** Why a column is tagged, as it is published. */
export function reasonsOf({ reasons }: TaggedColumn): PlannedReason[] {
  return reasons.map(({ label, actor, timeMs, isDerived }) => ({
    label,
    actor: actor ?? null,
    at: timeMs === undefined ? null : new Date(timeMs).toISOString(),
    derived: isDerived,
  }));
}

function namesNoColumn(labels: readonly string[]) {
  const detail = `Cannot tell which columns are meant: "${labels[0]}" is on the dataset as a whole`;
  return { code: "invalid_request", detail };
}
