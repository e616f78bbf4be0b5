/**
 * The proof that a run left nothing to convert, made before its COMMIT by reading the rows again. It finds
 * what puts values back (a trigger) and what hides the stored values from the role (a mask).
 */
import { counted } from "../../../counted.ts";
import type { ServiceError } from "../../../errors.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { countBeginningsStatement } from "../sql/count_rows.ts";
import { countLeftStatement, countOwnLeftStatement, FIRE_DEFERRED } from "../sql/count_left.ts";
import type { TargetTable } from "../table.ts";
import { countForeignBeside, countRows, isLarge, type RowCounts } from "./count_table.ts";
import { actionOn, type Work } from "./work.ts";

/**
 * Whether rows that the run wrote may be read again by how their texts begin, which takes a fraction of the
 * time. Without code of others nothing but the run's own statements wrote them, so what may still be wrong
 * is what the role reads; and a mask does not give what begins like a token.
 */
function mayReadQuickly({ table }: Work): boolean {
  return isLarge(table) && !runsOthersCode(table);
}

/**
 * The count by how texts begin, which does not find foreign tokens: all rows, and those with something to
 * convert. Undefined if that does not do.
 */
function quickCountStatement(work: Work): string | undefined {
  if (!mayReadQuickly(work)) return undefined;
  return countBeginningsStatement(work.table, work.conversion.selects);
}

/**
 * Counts, beside the work from now on, the foreign tokens that `countAtEnd` would not find. Undefined if it
 * finds them, or nothing else can.
 */
export async function countForeignForEnd(work: Work): Promise<number | undefined> {
  return quickCountStatement(work) === undefined ? undefined : await countForeignBeside(work);
}

/**
 * Counts the table when everything is written, also what deferred triggers write. `foreign`: the foreign
 * tokens, if they are known; the count then takes less time.
 */
export async function countAtEnd(
  session: Session,
  work: Work,
  foreign: Promise<number | undefined> | number,
): Promise<RowCounts> {
  const { table } = work;
  const quickCount = quickCountStatement(work);
  const known = await foreign;
  if (quickCount !== undefined && known !== undefined) {
    const { rows: [counted] } = await session.query<[total: string, selected: string]>(
      `count the rows of ${table.displayName}`,
      quickCount,
    );
    const [total, selected] = counted!;
    return { total: Number(total), foreign: known, selected: Number(selected) };
  }
  const firing = table.triggers.length === 0
    ? undefined
    : session.query(actionOn(table), FIRE_DEFERRED);
  const [, counts] = await Promise.all([firing, countRows(session, work)]);
  return counts;
}

/**
 * Throws `table_not_supported` if the run is answerable for some of the rows that the count at its end
 * found, beyond the `rejectedRows`; `conflict` if they may be other writers', and the role may not read
 * what tells.
 */
export async function proveDone(
  session: Session,
  { table, conversion: { selects } }: Work,
  { selectedAtEnd, rejectedRows }: {
    readonly selectedAtEnd: number;
    readonly rejectedRows: number;
  },
): Promise<void> {
  if (selectedAtEnd <= rejectedRows) return;
  const canTell = table.canReadXmin;
  if (!canTell && !runsOthersCode(table)) throw undecided(table, selectedAtEnd - rejectedRows);
  const left = canTell
    ? await count(session, table, countLeftStatement(table, selects))
    : selectedAtEnd;
  if (left > rejectedRows) throw notDone(table, left - rejectedRows);
}

/** Throws `table_not_supported` if something to convert is in rows that the transaction wrote. */
export async function proveWritten(
  session: Session,
  work: Work,
  rejectedRows: number,
): Promise<void> {
  const { table, conversion: { selects } } = work;
  if (!table.canReadXmin) return;
  const statement = countOwnLeftStatement(table, selects, { byBeginnings: mayReadQuickly(work) });
  const left = await count(session, table, statement);
  if (left > rejectedRows) throw notDone(table, left - rejectedRows);
}

async function count(session: Session, table: TargetTable, statement: string): Promise<number> {
  const { rows: [counted] } = await session.query<[string]>(
    `count the rows of ${table.displayName}`,
    statement,
  );
  return Number(counted![0]);
}

/** Whether the run's UPDATEs run code of others. */
export function runsOthersCode({ triggers, functions }: TargetTable): boolean {
  return triggers.length > 0 || functions.length > 0;
}

function notDone(table: TargetTable, rows: number): ServiceError {
  const question = table.triggers.length > 0
    ? "do its triggers put them back?"
    : "is something masking what the role reads?";
  const found = counted(
    rows,
    "row reads as a value after it was written",
    "rows read as values after they were written",
  );
  const reason = `${found}: ${question}`;
  return refusal("table_not_supported", table.displayName, reason);
}

function undecided(table: TargetTable, rows: number): ServiceError {
  const reason =
    `${
      counted(rows, "row reads as a value", "rows read as values")
    } at the end, and the role may not read who wrote it: ` +
    "grant SELECT (xmin), or try again when nobody else writes";
  return refusal("conflict", table.displayName, reason);
}
