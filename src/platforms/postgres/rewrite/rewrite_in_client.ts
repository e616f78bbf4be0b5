/**
 * The client path: tokens are made here, in the run's one transaction.
 *
 * A small table is read with FOR UPDATE through the connection that writes. A large one is read through a
 * second connection, from a snapshot, while the first one writes: no row is locked before it is written,
 * and reading costs the server a fifth. The UPDATE by `ctid` is then a compare-and-set: a row that another
 * writer changed since the snapshot has another `ctid` and is missed, the count says so, and a second
 * pass over what is left locks rows as it reads them. The snapshot keeps VACUUM from giving a `ctid` that
 * it has seen to another row.
 *
 * If the table has foreign keys to itself that hold only when all rows are changed, one UPDATE changes
 * them: the tokens wait in a temporary table.
 */
import { inFlight } from "../../../async.ts";
import { counted } from "../../../counted.ts";
import type { ServiceError } from "../../../errors.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import type { TargetTable } from "../table.ts";
import { bulkPass } from "./bulk_pass.ts";
import { countRows, countsOf, isLarge } from "./count_table.ts";
import { passAtOnce } from "./pass_at_once.ts";
import { countForeignForEnd } from "./prove_done.ts";
import type { RunEnd } from "./run_end.ts";
import type { RewriteCounts, Work } from "./work.ts";

/** Converts every row with something to convert. Throws a `ServiceError`. */
export async function rewriteInClient(
  writer: Session,
  work: Work,
  end: RunEnd,
): Promise<RewriteCounts> {
  const { run, table, conversion } = work;
  run.context.throttle.allow(["rows_per_second", "paused"]);
  // all that a small table with nothing to do needs; pipelined, it costs no round trip
  const counting = isLarge(table)
    ? undefined
    : inFlight(countRows(writer, work, { joinsNext: true }));
  const foreignBeside = countForeignForEnd(work);
  const isAtOnce = table.selfKeys.length > 0;
  const snapshot = isLarge(table) && !isAtOnce
    ? await run.withSnapshotReader((reader) => bulkPass({ reader, writer }, work))
    : undefined;
  const updatedBefore = snapshot?.updated ?? 0;
  // the rows that the snapshot missed; all rows, if there was none
  const locked = snapshot?.missed === 0
    ? undefined
    : isAtOnce
    ? await passAtOnce(writer, work)
    : await bulkPass({ reader: writer, writer }, work, {
      updatedBefore,
      onOnlyWrite: (rows) => end.sendAhead(rows),
    });
  if (locked !== undefined && locked.missed > 0) throw updateSwallowed(table, locked.missed);

  const updated = updatedBefore + (locked?.updated ?? 0);
  const before = updated === 0 ? await counting : undefined;
  const { total, foreign, selected } = before ?? await end.count(foreignBeside);
  const { lookalikes, rejectedRows } = (locked ?? snapshot)!;
  return {
    ...countsOf(
      { total: snapshot?.total ?? locked?.total ?? total, foreign },
      updated,
    ),
    ...(conversion.canReject && { lookalikes }),
    rejectedRows,
    selectedAtEnd: selected,
  };
}

/** Rows were locked and yet not updated: only a trigger or a rule can do that. */
function updateSwallowed(table: TargetTable, rows: number): ServiceError {
  const reason = `${counted(rows, "row")} did not take the update`;
  return table.triggers.length > 0
    ? refusal("table_not_supported", table.displayName, `${reason}: do its triggers swallow it?`)
    : refusal("conflict", table.displayName, reason);
}
