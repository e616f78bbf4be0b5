/** What the functions of this folder work on. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts } from "../../platform.ts";
import type { PostgresRun } from "../postgres_run.ts";
import type { TargetTable } from "../table.ts";

/** One run on one table. */
export interface Work {
  readonly run: PostgresRun;
  readonly table: TargetTable;
  readonly conversion: Conversion;
}

/** The counts of a rewrite. */
export interface RewriteCounts extends Counts {
  /** Rows left as they were since they hold lookalikes; they are selected still. */
  readonly rejectedRows: number;
  /** Rows that were selected when everything was written: rejected ones, and those of other writers. */
  readonly selectedAtEnd: number;
}

/** What a run does, as error messages say it. */
export function actionOn({ displayName }: TargetTable): string {
  return `tokenize ${displayName}`;
}
