/** Counts a table's rows and foreign tokens, and what a run would change. */
import type { Conversion } from "../../../tokens/conversion.ts";
import { checkLengths } from "../../check_lengths.ts";
import type { Counts } from "../../platform.ts";
import { PREPARED, type Session } from "../connection/session.ts";
import {
  anyInSampleStatement,
  countForeignStatement,
  type CountRow,
  countRowsOfOthersStatement,
  countRowsStatement,
  type MeasureRow,
  measureRowsStatement,
} from "../sql/count_rows.ts";
import type { ColumnMetadata, TargetTable } from "../table.ts";
import type { Work } from "./work.ts";

/** From this size of table on, a second connection saves time. */
export const LARGE_TABLE_BYTES = 8 * 1024 * 1024;

/** The counts that do not depend on what a run does. */
export interface TableCounts {
  /** All rows. */
  readonly total: number;
  /** Foreign tokens in the named columns. */
  readonly foreign: number;
}

/** The counts of a table before or after a run. */
export interface RowCounts extends TableCounts {
  /** Rows with something to convert; lookalikes count as if they could be converted. */
  readonly selected: number;
}

/** Whether a second connection saves time. */
export function isLarge({ sizeBytes }: TargetTable): boolean {
  return sizeBytes >= LARGE_TABLE_BYTES;
}

/** The report of a run that changed `updated` rows. */
export function countsOf({ total, foreign }: TableCounts, updated: number): Counts {
  return { updated, skipped: Math.max(0, total - updated), foreign };
}

/**
 * Counts all rows, foreign tokens, and the rows with something to convert. With `joinsNext` what is sent next
 * is skipped if it fails.
 */
export async function countRows(
  session: Session,
  { table, conversion }: Work,
  { joinsNext = false } = {},
): Promise<RowCounts> {
  const { rows: [counted] } = await session.query<CountRow>(
    `count the rows of ${table.displayName}`,
    countRowsStatement(table, conversion),
    PREPARED,
    { joinsNext },
  );
  return rowCounts(counted!);
}

/** The same, in less time if `transactions` of the run wrote most of the rows. */
export async function countRowsOfOthers(
  session: Session,
  work: Work,
  transactions: readonly string[],
): Promise<RowCounts> {
  if (transactions.length === 0) return await countRows(session, work);
  const { table, conversion } = work;
  const { rows: [counted] } = await session.query<CountRow>(
    `count the rows of ${table.displayName}`,
    countRowsOfOthersStatement(table, conversion, transactions),
  );
  return rowCounts(counted!);
}

/**
 * Counts the foreign tokens through a connection of its own, while the run works. Undefined if there is
 * no connection to spare.
 */
export async function countForeignBeside(
  { run, table, conversion }: Work,
): Promise<number | undefined> {
  return await run.withSnapshotReader(async (reader) => {
    const { rows: [counted] } = await reader.query<[string]>(
      `count the rows of ${table.displayName}`,
      countForeignStatement(table, conversion),
    );
    return Number(counted![0]);
  }).catch(() => undefined);
}

/**
 * The same as `countRows` before a run, which also checks the texts to convert in the same scan. Throws
 * `value_not_text` if one is not valid, `value_too_long` if a column is too short for its tokens.
 */
export async function countAndCheckRows(
  session: Session,
  { run, table, conversion }: Work,
): Promise<RowCounts> {
  const { rows: [measured] } = await session.query<MeasureRow>(
    `count the rows of ${table.displayName}`,
    measureRowsStatement(table, conversion),
  );
  const [total, foreign, selected, ...longest] = measured!;
  const bytesOf = (column: ColumnMetadata) => longest[table.columns.indexOf(column)] ?? null;
  const measure = (limited: readonly ColumnMetadata[]) => Promise.resolve(limited.map(bytesOf));
  await checkLengths(table, conversion, measure, run.context.onObstacle);
  return rowCounts([total, foreign, selected]);
}

function rowCounts([total, foreign, selected]: CountRow): RowCounts {
  return { total: Number(total), foreign: Number(foreign), selected: Number(selected) };
}

/** Whether a sample of the table has something to convert. */
export async function anyInSample(
  session: Session,
  table: TargetTable,
  { selects }: Pick<Conversion, "selects">,
): Promise<boolean> {
  const { rows: [found] } = await session.query<[boolean]>(
    `look for values in ${table.displayName}`,
    anyInSampleStatement(table, selects),
  );
  return found![0];
}
