/** The pushdown path: the SDK's SQL expression makes the tokens where the values are. */
import { ServiceError } from "../../errors.ts";
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import type { Counts, Method } from "../platform.ts";
import type { CheckedTable } from "./check_table.ts";
import type { Session } from "./session.ts";
import type { BlockRange } from "./sql/block_ranges.ts";
import { countAllStatement } from "./sql/count_rows.ts";
import { updateInPlaceStatement } from "./sql/update_in_place.ts";

/** Rewrites the table by one UPDATE. Throws a `ServiceError`. */
export async function rewriteInDatabase(
  session: Session,
  table: CheckedTable,
  sdk: TokenSdk,
): Promise<Counts & { method: Method }> {
  const action = `count the rows of ${table.displayName}`;
  const [{ rows: [counted] }, updated] = await Promise.all([
    session.query<[string]>(action, countAllStatement(table)),
    updateInPlace(session, table, sdk),
  ]);
  return { updated, skipped: Math.max(0, Number(counted![0]) - updated), method: "pushdown" };
}

/** Tokenizes the table, or a range of its blocks. Gives the rows changed. */
export async function updateInPlace(
  session: Session,
  table: CheckedTable,
  sdk: TokenSdk,
  range?: BlockRange,
): Promise<number> {
  const token = postgresExpression(table, sdk);
  const { count } = await session.query(
    `tokenize ${table.displayName}`,
    updateInPlaceStatement(table, sdk.pattern, token, range),
  );
  return count;
}

/** The SDK's token of an SQL operand. Throws where it has none, which only some roles need. */
function postgresExpression(table: CheckedTable, sdk: TokenSdk): (operand: string) => string {
  if (sdk.sqlExpression !== undefined) return (operand) => sdk.sqlExpression!("postgres", operand);
  throw new ServiceError(
    "permission_denied",
    `Cannot tokenize ${table.displayName}: the role lacks SELECT on its row addresses; ` +
      "grant SELECT on the table, or SELECT (ctid, tableoid) beside the columns",
  );
}
