/**
 * Looks at a sample of the selected texts. `sampleFormsStatement` gives numbers only, so that no text leaves
 * the warehouse; `sampleTextsStatement` gives texts, for a caller that asked to see their shapes.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { expressionOf, FORMS, MATCHED_FORMS } from "../../forms.ts";
import { rawLiteral } from "../identifiers.ts";
import type { CheckedTable } from "../table.ts";
import {
  columnGuard,
  columnText,
  isInvalidText,
  rowGuard,
  tableName,
} from "./table_expressions.ts";

/** The most rows of a sample. */
const MAX_ROWS = 10_000;
/** A longer text has the form of its beginning. */
const MAX_CHARACTERS = 500;
/** The most texts that are read of a column. */
const MAX_TEXTS = 500;

/** How many texts of column `i` have the form `j`: `form${i}_${j}`. */
export type SampleFormsRow = Readonly<Record<`form${number}_${number}`, number>>;

/** A text of the sample. */
export interface SampleTextsRow {
  readonly text: string;
}

/** Counts the forms. */
export function sampleFormsStatement(table: CheckedTable, selects: Selection): string {
  const forms = table.columns.map((_, i) => `${formNumber(`text${i}`)} AS form${i}`);
  const counts = table.columns.flatMap((_, i) =>
    FORMS.map((_, form) => `count_if(form${i} = ${form}) AS form${i}_${form}`)
  );
  return `SELECT ${counts.join(", ")} FROM (SELECT ${forms.join(", ")} FROM (${
    sample(table, selects)
  }))`;
}

/** Gives different texts of one of the columns. */
export function sampleTextsStatement(
  table: CheckedTable,
  selects: Selection,
  column: number,
): string {
  return `SELECT DISTINCT text${column} AS text FROM (${sample(table, selects)})
WHERE text${column} IS NOT NULL LIMIT ${MAX_TEXTS}`;
}

/** Rows from all parts of the table: those with the smallest random numbers. */
function sample(table: CheckedTable, selects: Selection): string {
  const texts = table.columns.map((column, i) =>
    `CASE WHEN ${columnGuard(column, selects)} AND NOT ${
      isInvalidText(column, selects)
    } THEN left(${columnText(column)}, ${MAX_CHARACTERS}) END AS text${i}`
  );
  return `SELECT ${texts.join(", ")} FROM ${tableName(table)} AS t WHERE ${
    rowGuard(table, selects)
  } ORDER BY rand() LIMIT ${MAX_ROWS}`;
}

/** SQL for the number of the text's form in `FORMS`; NULL for NULL. */
function formNumber(text: string): string {
  const cases = MATCHED_FORMS.map((form, i) =>
    `WHEN ${text} RLIKE ${rawLiteral(`\\A(?:${expressionOf(form)})\\z`)} THEN ${i}`
  );
  return `CASE WHEN ${text} IS NULL THEN NULL ${cases.join(" ")} ELSE ${MATCHED_FORMS.length} END`;
}
