/** The pushdown path: the SDK's SQL expression makes the tokens where the values are. */
import { refusal } from "../../refusal.ts";
import { PREPARED, type Session } from "../connection/session.ts";
import type { BlockRange } from "../sql/block_ranges.ts";
import { updateInPlaceStatement } from "../sql/update_in_place.ts";
import { countsOf } from "./count_table.ts";
import { countForeignForEnd } from "./prove_done.ts";
import type { RunEnd } from "./run_end.ts";
import { watchUpdate } from "./watch_update.ts";
import { actionOn, type RewriteCounts, type Work } from "./work.ts";

/** Rewrites the table by one UPDATE. Throws a `ServiceError`. */
export async function rewriteInDatabase(
  session: Session,
  work: Work,
  end: RunEnd,
): Promise<RewriteCounts> {
  // pipelined, the count costs no round trip; rows that others insert or delete meanwhile do not matter
  const foreign = countForeignForEnd(work);
  const [updated, counts] = await Promise.all([
    watchUpdate(work, updateInPlace(session, work), foreign),
    end.count(foreign),
  ]);
  return { ...countsOf(counts, updated), rejectedRows: 0, selectedAtEnd: counts.selected };
}

/** Tokenizes the table, or a range of its blocks. Gives the number of rows changed. */
export async function updateInPlace(
  session: Session,
  work: Work,
  range?: BlockRange,
): Promise<number> {
  const { table, conversion, run } = work;
  const statement = updateInPlaceStatement(
    table,
    conversion.selects,
    tokenExpression(work),
    range,
  );
  const options = range === undefined ? PREPARED : undefined;
  const { count } = await run.context.clock.time(
    "write",
    () => session.query(actionOn(table), statement, options),
  );
  return count;
}

/**
 * The SDK's SQL for a token. Throws `permission_denied` if it has none: then the role would have to read
 * `ctid`.
 */
export function tokenExpression({ table, conversion }: Work): (operand: string) => string {
  const { sqlExpression } = conversion;
  if (sqlExpression !== undefined) return (operand) => sqlExpression("postgres", operand);
  throw refusal(
    "permission_denied",
    table.displayName,
    "the role lacks SELECT on its row addresses; " +
      "grant SELECT on the table, or SELECT (ctid, tableoid) beside the columns",
  );
}
