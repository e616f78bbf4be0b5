/**
 * A table's rows as they will be, for conditions to be tried on before anything is written: each token in
 * place of its text, in the type of its column, and generated columns computed from it.
 *
 * The conditions are what the catalogue shows of them, so the rows have the table's name and the names of
 * its columns.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { quoteIdentifier } from "../identifiers.ts";
import type { ReachedTable } from "./reached_table.ts";
import { columnGuard, columnText, tableName } from "./table_expressions.ts";

/** How many rows are tried if only the SDK makes tokens, and the most bytes of their texts. */
const SAMPLE_ROWS = 1000;
const MAX_TEXT_BYTES = 4096;

/** Tokens made by SQL, of all rows; or made beforehand, of the rows whose addresses are the parameter `$1`. */
export type TokenSource = ((operand: string) => string) | "parameters";

/** A row of the sample: its `ctid`, and the text of each changed column, NULL if it is not to be converted. */
export type SampleRow = readonly [ctid: string, ...texts: (string | null)[]];

/** The columns that change, in their order in the catalogue. */
export function changedColumns({ columns }: ReachedTable) {
  return columns.filter(({ isChanged }) => isChanged);
}

/** Gives a `SampleRow` for each of the first rows to be changed. */
export function sampleStatement(table: ReachedTable, selects: Selection): string {
  const texts = changedColumns(table).map(({ name }) => columnText(name));
  const values = changedColumns(table).map(({ name }, i) =>
    `CASE WHEN ${columnGuard(name, selects)} THEN ${texts[i]} END`
  );
  const bytes = texts.map((text) => `coalesce(octet_length(${text}), 0)`).join(" + ");
  return `SELECT t.ctid, ${values.join(", ")} FROM ONLY ${tableName(table)} t
WHERE ${isToBeChanged(table, selects)} AND ${bytes} <= ${MAX_TEXT_BYTES} LIMIT ${SAMPLE_ROWS}`;
}

/** A FROM item: the rows that change, as they will be, under the table's name. */
export function newRows(table: ReachedTable, selects: Selection, source: TokenSource): string {
  let number = 0;
  const columns = readableColumns(table).map(({ name, type, isChanged }) => {
    const column = quoteIdentifier(name);
    if (!isChanged) return `t.${column}`;
    const token = source === "parameters"
      ? `batch.token_${number++}`
      : `CASE WHEN ${columnGuard(name, selects)} THEN ${source(columnText(name))} END`;
    return `coalesce((${token})::${type}, t.${column}) AS ${column}`;
  });
  const batch = source === "parameters" ? ` JOIN ${batchOf(table)} ON t.ctid = batch.row_ctid` : "";
  const rows = `SELECT ${columns.join(", ")} FROM ONLY ${tableName(table)} t${batch}
  WHERE ${isToBeChanged(table, selects)}`;
  return withGenerated(table, rows);
}

/** A FROM item: the rows that stay as they are, likewise. */
export function keptRows(table: ReachedTable, selects: Selection): string {
  const columns = table.columns.filter(({ isReadable }) => isReadable)
    .map(({ name }) => `t.${quoteIdentifier(name)}`);
  return `(SELECT ${columns.join(", ")} FROM ONLY ${tableName(table)} t
  WHERE (${isToBeChanged(table, selects)}) IS NOT TRUE) AS ${quoteIdentifier(table.name)}`;
}

/** True if the row `t` changes. */
export function isToBeChanged(table: ReachedTable, selects: Selection): string {
  const selected = changedColumns(table).map(({ name }) => `(${columnGuard(name, selects)})`);
  const required = table.required.map((name) => `t.${quoteIdentifier(name)} IS NOT NULL`);
  return [`(${selected.join(" OR ")})`, ...required].join(" AND ");
}

function batchOf(table: ReachedTable): string {
  const tokens = changedColumns(table).map((_, i) => `token_${i}`);
  const arrays = tokens.map((_, i) => `$${i + 2}::text[]`);
  return `unnest($1::text[]::tid[], ${arrays.join(", ")}) AS batch(row_ctid, ${tokens.join(", ")})`;
}

function withGenerated(table: ReachedTable, rows: string): string {
  const name = quoteIdentifier(table.name);
  const generated = table.isReadable ? table.columns.filter((each) => each.generatedAs) : [];
  const computed = generated.map((each) =>
    `(${each.generatedAs}) AS ${quoteIdentifier(each.name)}`
  );
  // OFFSET 0 keeps the planner from making each token once for every use
  return computed.length === 0
    ? `(${rows} OFFSET 0) AS ${name}`
    : `(SELECT ${name}.*, ${
      computed.join(", ")
    } FROM (${rows} OFFSET 0) AS ${name} OFFSET 0) AS ${name}`;
}

function readableColumns({ columns }: ReachedTable) {
  return columns.filter(({ isReadable, generatedAs }) => isReadable && generatedAs === null);
}
