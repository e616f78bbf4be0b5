/** The pushdown path: the SDK's SQL expression makes the tokens where the values are. */
import { ServiceError } from "../../../errors.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts, Method } from "../../platform.ts";
import type { TargetTable } from "../table.ts";
import type { CountBeside } from "./count_table.ts";
import { PREPARED, type Session } from "../connection/session.ts";
import type { BlockRange } from "../sql/block_ranges.ts";
import { updateInPlaceStatement } from "../sql/update_in_place.ts";

/** Rewrites the table by one UPDATE. Throws a `ServiceError`. */
export async function rewriteInDatabase(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
  countBeside: CountBeside,
): Promise<Counts & { method: Method }> {
  const [{ total, foreign }, updated] = await Promise.all([
    countBeside(),
    updateInPlace(session, table, conversion),
  ]);
  return { updated, skipped: Math.max(0, total - updated), foreign, method: "pushdown" };
}

/** Tokenizes the table, or a range of its blocks. Gives the rows changed. */
export async function updateInPlace(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
  range?: BlockRange,
): Promise<number> {
  const token = postgresExpression(table, conversion);
  const { count } = await session.query(
    `tokenize ${table.displayName}`,
    updateInPlaceStatement(table, conversion.selects, token, range),
    range === undefined ? PREPARED : undefined,
  );
  return count;
}

/** The SDK's token of an SQL operand. Throws where it has none, which only some roles need. */
function postgresExpression(
  table: TargetTable,
  { sqlExpression }: Conversion,
): (operand: string) => string {
  if (sqlExpression !== undefined) return (operand) => sqlExpression("postgres", operand);
  throw new ServiceError(
    "permission_denied",
    `Cannot tokenize ${table.displayName}: the role lacks SELECT on its row addresses; ` +
      "grant SELECT on the table, or SELECT (ctid, tableoid) beside the columns",
  );
}
