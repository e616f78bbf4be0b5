/** Checks that a table is still what it was when it was looked up: once it is locked, for good. */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import { ServiceError } from "../../../errors.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { NOT_VERIFIED, verifyTableStatement } from "../sql/find_tables.ts";
import { type LockMode, lockTableStatement } from "../sql/lock_table.ts";
import type { TargetTable } from "../table.ts";
import { lookUpParameters } from "./find_table.ts";
import { inSmallMemory } from "./small_memory.ts";

/** PostgreSQL's words for what is no table: the states of LOCK TABLE, and of an UPDATE that is parsed. */
const NO_TABLE: readonly (string | undefined)[] = ["42809", "55000", "0A000"];

/**
 * Locks the table until the transaction ends, then verifies it. Both are sent at once; if either fails,
 * the server refuses whatever was sent after them. So a caller need not wait before it sends more, but
 * has to wait before it uses another session.
 *
 * Throws `conflict` if the table was altered since it was looked up; `lock_timeout`.
 */
export async function lockAndVerify(
  session: Session,
  table: TargetTable,
  asked: readonly ColumnRef[],
  mode: LockMode,
): Promise<void> {
  const lock = session.query(`lock ${table.displayName}`, lockTableStatement(table, mode));
  const verifying = verify(session, table, asked, { byOthersOnly: true });
  const [locked, verified] = await Promise.allSettled([lock, verifying]);
  if (locked.status === "rejected") {
    const isOther = NO_TABLE.includes((locked.reason as ServiceError).facts.sqlState);
    throw isOther ? altered(table) : locked.reason;
  }
  if (verified.status === "rejected") throw verified.reason;
}

/**
 * Throws `conflict` if the table was altered since it was looked up. Without `byOthersOnly`, what this
 * transaction itself has altered counts too, as code of others in it can.
 */
export async function verify(
  session: Session,
  table: TargetTable,
  asked: readonly ColumnRef[],
  { byOthersOnly }: { readonly byOthersOnly: boolean },
): Promise<void> {
  const { platformInstance: instance, path: [database, schema] } = table;
  const candidate = { instance, database: database!, schema: schema!, table: table.name };
  try {
    const action = `look up ${table.displayName} again`;
    const parameters = [
      ...lookUpParameters([candidate], asked, false),
      table.fingerprint,
      byOthersOnly ? table.snapshot : "",
    ];
    const look = () => session.query(action, verifyTableStatement(table), parameters);
    await (table.isPlain ? look() : inSmallMemory(session, action, look));
  } catch (error) {
    const isAltered = error instanceof ServiceError && error.facts.sqlState === NOT_VERIFIED;
    throw isAltered ? altered(table) : error;
  }
}

function altered({ displayName }: TargetTable): ServiceError {
  return refusal("conflict", displayName, "the table was altered during the run");
}
