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
import type { ServiceError } from "../../errors.ts";
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import type { Counts, Method, RunContext } from "../platform.ts";
import { refusal } from "../resolve_columns.ts";
import { bulkPass } from "./bulk_pass.ts";
import type { ResolvedTable } from "./resolve_table.ts";
import type { Session } from "./session.ts";
import { countAllStatement } from "./sql/count_rows.ts";

/** From this size on the second connection pays. */
export const LARGE_TABLE_BYTES = 8 * 1024 * 1024;

/** Calls `use` with a session that reads from one snapshot; with none where there is none to be had. */
export type WithSnapshotReader = <T>(
  use: (reader: Session | undefined) => Promise<T>,
) => Promise<T>;

/** Rewrites every row that holds a value to tokenize. Throws a `ServiceError`. */
export async function rewriteInClient(
  writer: Session,
  table: ResolvedTable,
  sdk: TokenSdk,
  run: RunContext,
  withSnapshotReader: WithSnapshotReader,
): Promise<Counts & { method: Method }> {
  const snapshot = table.sizeBytes < LARGE_TABLE_BYTES ? undefined : await withSnapshotReader(
    async (reader) => reader && await bulkPass({ reader, writer }, table, sdk, run),
  );
  const before = snapshot?.updated ?? 0;
  // sent along: a pass that finds no row has no total either
  const counting = snapshot === undefined ? countAll(writer, table) : undefined;
  counting?.catch(() => {});
  // the rows that slipped away; all rows, where there was no snapshot
  const locked = snapshot?.slipped === 0
    ? undefined
    : await bulkPass({ reader: writer, writer }, table, sdk, continued(run, before));
  if (locked !== undefined && locked.slipped > 0) throw heldBack(table, locked.slipped);

  const updated = before + (locked?.updated ?? 0);
  const total = snapshot?.total ?? locked?.total ?? await (counting ?? countAll(writer, table));
  return { updated, skipped: Math.max(0, total - updated), method: "client" };
}

/** The run, whose progress goes on from what was written before. */
function continued(run: RunContext, before: number): RunContext {
  return {
    ...run,
    progress: ({ updated, total }) => run.progress({ updated: before + updated, total }),
  };
}

async function countAll(session: Session, table: ResolvedTable): Promise<number> {
  const action = `count the rows of ${table.displayName}`;
  return Number((await session.query<[string]>(action, countAllStatement(table))).rows[0]![0]);
}

/** Rows that were locked did not take the update: only a trigger or a rule can do that. */
function heldBack(table: ResolvedTable, rows: number): ServiceError {
  const reason = `${rows} rows did not take the update`;
  return table.triggers.length > 0
    ? refusal("table_not_supported", table.displayName, `${reason}: do its triggers swallow it?`)
    : refusal("conflict", table.displayName, reason);
}
