/** Counts a table's rows and foreign tokens, and what a run would change. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts } from "../../platform.ts";
import type { TargetTable } from "../table.ts";
import { PREPARED, type Session } from "../connection/session.ts";
import {
  anyInSampleStatement,
  type CountAllRow,
  countAllStatement,
  type CountRow,
  countRowsOfOthersStatement,
  countRowsStatement,
  CURRENT_XMIN,
} from "../sql/count_rows.ts";

/** What is counted whatever a run does. */
export interface TableCounts {
  /** All rows. */
  readonly total: number;
  /** Foreign tokens in the named columns. */
  readonly foreign: number;
}

/** Counts a table while the work on it goes on. */
export type CountBeside = () => Promise<TableCounts>;

/** The counts of all rows. */
export async function countAll(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
): Promise<TableCounts> {
  const { rows: [counted] } = await session.query<CountAllRow>(
    `count the rows of ${table.displayName}`,
    countAllStatement(table, conversion),
    PREPARED,
  );
  const [total, foreign] = counted!.map(Number) as [number, number];
  return { total, foreign };
}

/**
 * What a run would change now; lookalikes count as if they were tokens. Rows that `transactions` wrote
 * are taken to be done.
 */
export async function countRows(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
  transactions: readonly string[] = [],
): Promise<Counts> {
  const { rows: [counted] } = await session.query<CountRow>(
    `count the rows of ${table.displayName}`,
    transactions.length === 0
      ? countRowsStatement(table, conversion)
      : countRowsOfOthersStatement(table, conversion, transactions),
  );
  const [total, foreign, updated] = counted!.map(Number) as [number, number, number];
  return { updated, skipped: total - updated, foreign };
}

/** The transaction that the session is in, as `countRows` takes it; it must have written something. */
export async function ownTransaction(session: Session): Promise<string> {
  const { rows: [own] } = await session.query<[string]>("tell the transaction", CURRENT_XMIN);
  return own![0];
}

/** Whether a sample of the table has something to convert. */
export async function anyInSample(
  session: Session,
  table: TargetTable,
  { selects }: Conversion,
): Promise<boolean> {
  const { rows: [found] } = await session.query<[boolean]>(
    `look for values in ${table.displayName}`,
    anyInSampleStatement(table, selects),
  );
  return found![0];
}
