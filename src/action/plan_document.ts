/** A plan as a document: what the command line prints. Hence the names in snake_case. */
import type { FormCounts } from "../platforms/forms.ts";
import type { Shape } from "../platforms/masked_shapes.ts";
import type { Method } from "../platforms/methods.ts";
import type { ResiduePlace } from "../platforms/residue.ts";
import type { TablePlan } from "../platforms/table_plan.ts";
import type { ErrorCode } from "../errors.ts";

/** Something that would refuse the run, by the code that the run would fail with. */
export interface Obstacle {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** What is in a column. */
export interface ColumnInPlan {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  /** Values that the run would replace. */
  readonly would_change: number;
  readonly tokens: {
    readonly own: number;
    readonly other_key: number;
    readonly other_sdk: number;
    /** Of those of this SDK, how many only look like tokens; null if its tokens do not tell. */
    readonly lookalikes: number | null;
  };
  /** What a sample of the values looks like; null if there is none. */
  readonly looks_like: FormCounts | null;
  /** Masked, and only if they were asked for. */
  readonly shapes?: readonly Shape[];
}

/** What a run would cost. */
export interface EstimateInPlan {
  readonly seconds: number;
  readonly disk_bytes: number;
  /** Null where the database keeps no log. */
  readonly wal_bytes: number | null;
  /** What it was worked out from. */
  readonly basis: readonly string[];
}

/** The plan for one dataset. */
export interface DatasetPlan {
  readonly dataset_urn: string;
  /** The columns as they were asked for. */
  readonly asked_columns: readonly string[];
  /** Null if no connection is for the dataset. */
  readonly platform: string | null;
  /** Null if it was not found. */
  readonly table: string | null;
  /** Whether nothing is known to stand in the way. */
  readonly possible: boolean;
  readonly obstacles: readonly Obstacle[];
  /** Conditions that only the run can try: the role may not read what they are about. */
  readonly untried?: readonly string[];
  /** Null if they could not be counted. */
  readonly rows: number | null;
  readonly would_update: number | null;
  readonly columns: readonly ColumnInPlan[];
  /** Which way the work would be done; null if that is not known. */
  readonly method: Method | null;
  /** Why not another way. */
  readonly other_methods: readonly { readonly method: Method; readonly reason: string }[];
  /** Null if there is nothing to do. */
  readonly estimate: EstimateInPlan | null;
  /** How the tokens begin. */
  readonly token_prefix: string | null;
  /** Where old values would be left after the run. */
  readonly residue: readonly ResiduePlace[];
  readonly elapsed_ms: number;
}

/** The parts of the document that are about the table. */
export type TablePart = Pick<
  DatasetPlan,
  "rows" | "would_update" | "columns" | "method" | "other_methods" | "estimate" | "residue"
>;

/** For a table of which nothing is known. */
export const UNKNOWN_TABLE: TablePart = {
  rows: null,
  would_update: null,
  columns: [],
  method: null,
  other_methods: [],
  estimate: null,
  residue: [],
};

/** The table's parts. */
export function tablePart(plan: TablePlan): TablePart {
  const { methods, estimate } = plan;
  return {
    rows: plan.rows,
    would_update: plan.toChange,
    columns: plan.columns.map(({ name, type, nulls, toChange, tokens, forms, shapes }) => ({
      name,
      type,
      nulls,
      would_change: toChange,
      tokens: {
        own: tokens.own,
        other_key: tokens.otherKey,
        other_sdk: tokens.otherSdk,
        lookalikes: tokens.lookalikes ?? null,
      },
      looks_like: forms ?? null,
      ...(shapes && { shapes }),
    })),
    method: methods.find(({ isChosen }) => isChosen)?.method ?? null,
    other_methods: methods.filter(({ isChosen }) => !isChosen).map(({ method, reason = "" }) => {
      return { method, reason };
    }),
    estimate: estimate === undefined ? null : {
      seconds: Math.round(estimate.seconds * 1000) / 1000,
      disk_bytes: Math.round(estimate.diskBytes),
      wal_bytes: estimate.walBytes === undefined ? null : Math.round(estimate.walBytes),
      basis: estimate.basis,
    },
    residue: plan.residue,
  };
}
