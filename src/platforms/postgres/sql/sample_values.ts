/**
 * Looks at a sample of the selected texts. `sampleFormsStatement` gives numbers only, so that no text leaves
 * the database; `sampleTextsStatement` gives texts, for a caller that asked to see their shapes.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { expressionOf, FORMS, MATCHED_FORMS } from "../../forms.ts";
import { quoteLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { columnGuard, columnText, rowGuard, tableName } from "./table_expressions.ts";

/** The most rows of a sample. */
const MAX_ROWS = 10_000;
/** A longer text has the form of its beginning. */
const MAX_CHARACTERS = 500;
/** Larger tables are sampled by blocks, about so many bytes of them. */
const SAMPLED_BYTES = 1024 * 1024;
/** The most texts that are read of a column. */
const MAX_TEXTS = 500;

/** For each column how many texts have each of `FORMS` (`int8` as text), and their mean bytes of UTF-8. */
export type SampleFormsRow = (string | number | null)[];

/** How many numbers there are of each column. */
export const NUMBERS_A_COLUMN = FORMS.length + 1;

/** Gives a `SampleFormsRow`. `isWhole`: of the first rows, however large the table is. */
export function sampleFormsStatement(
  table: TargetTable,
  selects: Selection,
  isWhole: boolean,
): string {
  const forms = table.columns.map((_, i) => `${formNumber(`text_${i}`)} AS form_${i}, text_${i}`);
  const counts = table.columns.flatMap((_, i) => [
    ...FORMS.map((_, form) => `count(*) FILTER (WHERE form_${i} = ${form})`),
    `avg(octet_length(text_${i}))::float8`,
  ]);
  return `SELECT ${counts.join(", ")} FROM (
  SELECT ${forms.join(", ")} FROM (${sample(table, selects, isWhole)}) AS sampled OFFSET 0
) AS formed`;
}

/** Gives different texts of one of the columns, a row each. */
export function sampleTextsStatement(
  table: TargetTable,
  selects: Selection,
  column: number,
  isWhole: boolean,
): string {
  const text = `text_${column}`;
  return `SELECT DISTINCT ${text} FROM (${sample(table, selects, isWhole)}) AS sampled
WHERE ${text} IS NOT NULL LIMIT ${MAX_TEXTS}`;
}

function sample(table: TargetTable, selects: Selection, isWhole: boolean): string {
  const texts = table.columns.map(({ name }, i) =>
    `CASE WHEN ${columnGuard(name, selects)} THEN left(${
      columnText(name)
    }, ${MAX_CHARACTERS}) END AS text_${i}`
  );
  const percent = isWhole ? 100 : 100 * SAMPLED_BYTES / Math.max(table.sizeBytes, 1);
  const sampled = percent >= 100 ? "" : ` TABLESAMPLE SYSTEM (${percent.toFixed(6)})`;
  return `SELECT ${texts.join(", ")} FROM ${tableName(table)} t${sampled}
  WHERE ${rowGuard(table, selects)} LIMIT ${MAX_ROWS}`;
}

/** SQL for the number of the text's form in `FORMS`; NULL for NULL. */
function formNumber(text: string): string {
  const cases = MATCHED_FORMS.map((form, i) =>
    `WHEN ${text} COLLATE "C" ~ ${quoteLiteral(`^(?:${expressionOf(form)})$`)} THEN ${i}`
  );
  return `CASE WHEN ${text} IS NULL THEN NULL ${cases.join(" ")} ELSE ${MATCHED_FORMS.length} END`;
}
