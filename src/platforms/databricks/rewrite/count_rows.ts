/** Counts a run's table, as it is or as it was. */
import {
  type CountAllRow,
  countAllStatement,
  type CountRow,
  countRowsStatement,
} from "../sql/count_rows.ts";
import { type InvalidTexts, notText } from "../../refusal.ts";
import type { Work } from "./work.ts";

/** What can be counted without knowing what a run selects. */
export interface TableCounts {
  readonly total: number;
  /** Foreign tokens in the named columns. */
  readonly foreign: number;
}

/** What one scan of the table gives. */
export interface RowCounts extends TableCounts {
  /** Rows with a selected text. */
  readonly selected: number;
  /** Columns with selected texts that are not valid UTF-8. */
  readonly invalid: readonly InvalidTexts[];
}

/** Counts the table; with `version`, a Delta table as it was then. Throws a `ServiceError`. */
export async function countRows(work: Work, version?: number): Promise<RowCounts> {
  const statement = countRowsStatement(work.table, work.conversion, version);
  const [row] = await work.session.query<CountRow>(actionOf(work), statement);
  const { total, foreign_tokens: foreign, selected } = row!;
  const invalid = work.table.columns
    .map(({ name }, i) => ({ column: name, values: row![`invalid${i}`] ?? 0 }))
    .filter(({ values }) => values > 0);
  return { total, foreign, selected, invalid };
}

/** The same, of a table that is to be converted. Throws `value_not_text` besides. */
export async function countText(work: Work): Promise<RowCounts> {
  const counts = await countRows(work);
  if (counts.invalid.length > 0) throw notText(work.table.displayName, counts.invalid);
  return counts;
}

/** The same without the selected rows, which is the cheaper scan. */
export async function countAll(work: Work, version?: number): Promise<TableCounts> {
  const statement = countAllStatement(work.table, work.conversion, version);
  const [row] = await work.session.query<CountAllRow>(actionOf(work), statement);
  return { total: row!.total, foreign: row!.foreign_tokens };
}

function actionOf({ table }: Work): string {
  return `count the rows of ${table.displayName}`;
}
