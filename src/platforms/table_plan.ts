/** What a plan says of a table: what is in it, what a run would do, and at what cost. */
import type { Conversion } from "../tokens/conversion.ts";
import type { TokenKinds } from "../tokens/token_kinds.ts";
import type { FormCounts } from "./forms.ts";
import type { Shape } from "./masked_shapes.ts";
import type { Method } from "./methods.ts";
import type { ResiduePlace } from "./residue.ts";

/** What to find out. */
export interface PlanRequest {
  readonly conversion: Conversion;
  readonly kinds: TokenKinds;
  /** Whether to read some values, so that their shapes can be shown. */
  readonly showShapes: boolean;
}

/** A column's tokens, by who made them. */
export interface TokensFound {
  /** With the SDK and key that write now. */
  readonly own: number;
  /** With another key, version or setting of this SDK. */
  readonly otherKey: number;
  readonly otherSdk: number;
  /** Of those of this SDK, how many only look like tokens; undefined if that cannot be told. */
  readonly lookalikes: number | undefined;
}

/** What is in a column. */
export interface PlannedColumn {
  /** As the catalogue has it. */
  readonly name: string;
  /** As SQL shows it. */
  readonly type: string;
  readonly nulls: number;
  /** Values that a run would replace. */
  readonly toChange: number;
  readonly tokens: TokensFound;
  /** What the values look like; undefined if there is none, or the look at a sample failed. */
  readonly forms: FormCounts | undefined;
  readonly shapes: readonly Shape[] | undefined;
}

/** One way to do the work, and why it cannot be or is not taken. */
export interface PlannedMethod {
  readonly method: Method;
  readonly isChosen: boolean;
  /** Undefined for the chosen one. */
  readonly reason: string | undefined;
}

/** What a run is expected to cost. */
export interface Estimate {
  readonly seconds: number;
  /** By how much the table and its indexes grow. */
  readonly diskBytes: number;
  /** What is written to the log besides; undefined where there is none. */
  readonly walBytes: number | undefined;
  /** What it was worked out from, a sentence each. */
  readonly basis: readonly string[];
}

/** The whole. */
export interface TablePlan {
  readonly rows: number;
  /** Rows in which a run would change something. */
  readonly toChange: number;
  readonly columns: readonly PlannedColumn[];
  readonly methods: readonly PlannedMethod[];
  /** Undefined if nothing is to be done. */
  readonly estimate: Estimate | undefined;
  /** Places where old values would be left after the run; empty if it would change nothing. */
  readonly residue: readonly ResiduePlace[];
}
