/** Begins a transaction on a table that was looked up before, provided that it still is what it was. */
import { ServiceError } from "../../../errors.ts";
import type { TransactionOptions } from "../connection/begin.ts";
import { PREPARED, type Session } from "../connection/session.ts";
import { LostBeforeBegin, sendBegin } from "../connection/transaction.ts";
import { type ConfirmTableRow, confirmTableStatement } from "../sql/confirm_table.ts";
import { lockTableStatement } from "../sql/lock_table.ts";
import { candidatesOf, lookUpParameters, type TableRequest } from "./find_table.ts";
import type { KnownTable } from "./known_tables.ts";
import { AS_BEFORE, LITTLE } from "./small_memory.ts";

/** The table is not what it was, or somebody else has it: it has to be looked up. Nothing was done. */
export class NotConfirmed extends Error {
  override readonly name = "NotConfirmed";
}

/** What is said of a run whatever it knew before. */
const SAID_AT_ONCE: ReadonlySet<string> = new Set(["lock_timeout", "timeout", "conflict"]);

/** What to confirm. */
export interface ConfirmRequest {
  readonly request: TableRequest;
  readonly platformInstance: string | undefined;
  /** The bytes from which on the table is too large. */
  readonly limitBytes: number;
}

/**
 * Begins, takes the lock of the table and that of the run, and confirms the table. What is sent next, by a
 * statement with parameters, is joined to it, and not run if any of that fails: a caller need not wait. Gives
 * the snapshot that the table was confirmed by.
 *
 * Throws `NotConfirmed`; `lock_timeout`, `timeout` or `conflict`; `LostBeforeBegin`.
 */
export async function beginOn(
  session: Session,
  { table, seenBy }: KnownTable,
  { request, platformInstance, limitBytes }: ConfirmRequest,
  options: TransactionOptions,
): Promise<string> {
  const candidates = candidatesOf(request.dataset, platformInstance);
  const parameters = [
    ...lookUpParameters(candidates, request.columns, false),
    table.fingerprint,
    seenBy.deref() === session ? table.snapshot : "",
    String(table.oid),
    String(limitBytes),
  ];
  const action = `look up ${table.displayName} again`;
  const join = (statement: string, given: readonly string[] = PREPARED, does = action) =>
    session.query(does, statement, given, { joinsNext: true });
  const begun = sendBegin(session, options);
  const lock = lockTableStatement(table, "ROW EXCLUSIVE");
  const locked = join(lock, PREPARED, `lock ${table.displayName}`);
  const before = table.isPlain ? [] : [join(LITTLE)];
  const confirmed = session.query<ConfirmTableRow>(
    action,
    confirmTableStatement(table),
    parameters,
    { joinsNext: true },
  );
  const after = table.isPlain ? [] : [join(AS_BEFORE)];
  const sent = [begun, locked, ...before, confirmed, ...after];
  const failed = (await Promise.allSettled(sent)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw reasonOf(failed.reason);
  const { rows: [row] } = await confirmed;
  return row![0];
}

function reasonOf(error: unknown): unknown {
  if (!(error instanceof ServiceError)) return error;
  if (error.code === "database_unreachable") return new LostBeforeBegin(error);
  return SAID_AT_ONCE.has(error.code) ? error : new NotConfirmed();
}
