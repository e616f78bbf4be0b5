/** What every step of a rewrite works with. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { RunContext } from "../../platform.ts";
import type { Session } from "../connection/session.ts";
import type { CheckedTable } from "../table.ts";

/** One run on one table. */
export interface Work {
  readonly session: Session;
  readonly table: CheckedTable;
  readonly conversion: Conversion;
  readonly run: RunContext;
}

/** What a run does, as in "Cannot <action>". */
export function actionOn({ displayName }: CheckedTable): string {
  return `tokenize ${displayName}`;
}
