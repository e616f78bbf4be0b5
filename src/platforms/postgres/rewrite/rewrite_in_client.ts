/**
 * The client path: tokens are made here, in the run's one transaction.
 *
 * A small table is read with FOR UPDATE through the connection that writes. A large one is read
 * through a second connection, from a snapshot, while the first one writes: nothing is locked before
 * it is written, and reading costs the server a fifth. The UPDATE by row address is then a compare
 * and set: a row that somebody changed since the snapshot has another address and slips away, the
 * count says so, and a second pass over what is left locks as it reads. The snapshot keeps VACUUM from
 * giving an address it has seen to another row.
 */
import type { ServiceError } from "../../../errors.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts, Method, RunContext } from "../../platform.ts";
import { refusal } from "../../refusal.ts";
import { bulkPass } from "./bulk_pass.ts";
import type { CountBeside } from "./count_table.ts";
import type { TargetTable } from "../table.ts";
import type { Session } from "../connection/session.ts";

/** From this size on the second connection pays. */
export const LARGE_TABLE_BYTES = 8 * 1024 * 1024;

/** Calls `use` with a session that reads from one snapshot; with none where there is none to be had. */
export type WithSnapshotReader = <T>(
  use: (reader: Session | undefined) => Promise<T>,
) => Promise<T>;

/** What the client path needs beside the session that writes. */
export interface ClientResources {
  readonly withSnapshotReader: WithSnapshotReader;
  readonly countBeside: CountBeside;
}

/** What it did. */
export interface RewrittenInClient extends Counts {
  readonly method: Method;
  /** Rows with lookalikes, which are selected still. */
  readonly heldRows: number;
}

/** Converts every row that holds something to convert. Throws a `ServiceError`. */
export async function rewriteInClient(
  writer: Session,
  table: TargetTable,
  conversion: Conversion,
  run: RunContext,
  { withSnapshotReader, countBeside }: ClientResources,
): Promise<RewrittenInClient> {
  // a small table is counted by the same session: sent along, that takes no time of its own
  const counting = countBeside();
  counting.catch(() => {});
  const snapshot = table.sizeBytes < LARGE_TABLE_BYTES ? undefined : await withSnapshotReader(
    async (reader) => reader && await bulkPass({ reader, writer }, table, conversion, run),
  );
  const before = snapshot?.updated ?? 0;
  // the rows that slipped away; all rows, where there was no snapshot
  const locked = snapshot?.slipped === 0
    ? undefined
    : await bulkPass({ reader: writer, writer }, table, conversion, continued(run, before));
  if (locked !== undefined && locked.slipped > 0) throw heldBack(table, locked.slipped);

  const counted = await counting;
  const updated = before + (locked?.updated ?? 0);
  const total = snapshot?.total ?? locked?.total ?? counted.total;
  const { lookalikes, heldRows } = (locked ?? snapshot)!;
  return {
    updated,
    skipped: Math.max(0, total - updated),
    foreign: counted.foreign,
    ...(conversion.canReject && { lookalikes }),
    method: "client",
    heldRows,
  };
}

/** The run, whose progress goes on from what was written before. */
function continued(run: RunContext, before: number): RunContext {
  return {
    ...run,
    progress: ({ updated, total }) => run.progress({ updated: before + updated, total }),
  };
}

/** Rows that were locked did not take the update: only a trigger or a rule can do that. */
function heldBack(table: TargetTable, rows: number): ServiceError {
  const reason = `${rows} rows did not take the update`;
  return table.triggers.length > 0
    ? refusal("table_not_supported", table.displayName, `${reason}: do its triggers swallow it?`)
    : refusal("conflict", table.displayName, reason);
}
