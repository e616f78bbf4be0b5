/**
 * Tries on the new rows of a table what its definition asks of them, in SELECTs. What the server itself
 * reports, as for a domain's constraint or an expression that cannot compute with a token, is the error
 * that the run would end with.
 */
import type { Selection } from "../../../tokens/selection.ts";
import { quoteIdentifier } from "../identifiers.ts";
import type { CheckedIndex, CheckedKey, ReachedTable } from "./reached_table.ts";
import { changedColumns, isToBeChanged, keptRows, newRows, type TokenSource } from "./new_rows.ts";
import { columnGuard, tableName } from "./table_expressions.ts";

/** Stands for the table on the other side of a key, which may be the same one. */
const OTHER = "tokenize_other";

/** A condition that new rows have to meet. */
export interface Condition {
  /** SQL that is false for a row that does not meet it. */
  readonly expression: string;
  readonly sqlState: string;
  /** The constraint's name, if the server reports one. */
  readonly constraint?: string;
  /** Whether it has to be met at COMMIT only. */
  readonly isDeferred?: boolean;
  /** The column in question, if the condition is about one. */
  readonly column?: string;
}

/** What belongs to the question how the new rows come about. */
export interface NewRowsOptions {
  readonly selects: Selection;
  readonly source: TokenSource;
}

/** Conditions on single rows, in the order in which an UPDATE evaluates them. */
export function conditionsOf(
  table: ReachedTable,
  { withVolatile }: { readonly withVolatile: boolean },
): Condition[] {
  const tooLong = generatedColumns(table).filter(({ maxLength }) => maxLength !== null)
    .map(({ name, maxLength }) => ({
      expression: `length(${quoteIdentifier(name)}::text) <= ${maxLength}`,
      sqlState: "22001",
      column: name,
    }));
  const partition = table.partitions === null
    ? []
    : [{ expression: table.partitions.map((each) => `(${each})`).join(" OR "), sqlState: "23514" }];
  const checks = table.checks.filter((each) =>
    each.isReadable && (withVolatile || !each.isVolatile)
  ).map(({ name, expression }) => ({ expression, sqlState: "23514", constraint: name }));
  const references = table.references.filter(({ isReadable }) => isReadable)
    .map(({ name, other, pairs, sqlState, isDeferred }) => ({
      isDeferred,
      expression: isFound(other, pairs, quoteIdentifier(table.name)),
      sqlState,
      constraint: name,
    }));
  return [...tooLong, ...partition, ...checks, ...references];
}

/** Whether new rows must be made to know whether the table takes them. */
export function hasConditions(table: ReachedTable): boolean {
  const { partitions, checks, indexes, references, selfKeys } = table;
  return partitions !== null ||
    [checks, indexes, references, selfKeys].some(({ length }) => length > 0) ||
    changedColumns(table).some(({ isDomain }) => isDomain) || generatedColumns(table).length > 0;
}

/** Counts the new rows that do not meet each of the conditions: a number for each, an `int8` as text. */
export function countRefusedStatement(
  table: ReachedTable,
  conditions: readonly Condition[],
  { selects, source }: NewRowsOptions,
): string {
  const refused = conditions.map(({ expression }) =>
    `count(*) FILTER (WHERE (${expression}) IS FALSE)`
  );
  // counted only so that the server makes them
  const made = [
    ...changedColumns(table).map(({ name }) => quoteIdentifier(name)),
    ...generatedColumns(table).map(({ name }) => quoteIdentifier(name)),
    ...table.indexes.filter(({ isReadable }) => isReadable).flatMap(indexExpressions),
  ].map((each) => `count(${each})`);
  return `SELECT ${[...refused, ...made].join(", ")} FROM ${newRows(table, selects, source)}`;
}

/** Gives whether two rows will have the same keys in the index. */
export function anyDuplicateStatement(
  table: ReachedTable,
  { keys, predicate, areNullsEqual }: CheckedIndex,
  { selects, source }: NewRowsOptions,
): string {
  const names = keys.map((_, i) => `key_${i}`).join(", ");
  const conditions = [
    ...(predicate === null ? [] : [`(${predicate})`]),
    ...(areNullsEqual ? [] : keys.map((key) => `(${key}) IS NOT NULL`)),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const keysIn = (rows: string) =>
    `SELECT ${keys.map((key) => `(${key})`).join(", ")} FROM ${rows}${where}`;
  return `SELECT EXISTS (SELECT FROM (
  ${keysIn(newRows(table, selects, source))} UNION ALL ${keysIn(keptRows(table, selects))}
) AS keys(${names}) GROUP BY ${names} HAVING count(*) > 1)`;
}

/** Gives whether the key refers to a value that will be gone. */
export function anyReferringStatement(
  table: ReachedTable,
  { other, pairs }: CheckedKey,
  selects: Selection,
): string {
  const changed = new Set(changedColumns(table).map(({ name }) => name));
  const guards = pairs.map(([own]) => own).filter((own) => changed.has(own))
    .map((own) => `(${columnGuard(own, selects)})`);
  const same = pairs.map(([own, theirs, operator]) =>
    `t.${quoteIdentifier(own)} ${operator} ${OTHER}.${quoteIdentifier(theirs)}`
  );
  return `SELECT EXISTS (SELECT FROM ONLY ${tableName(table)} t JOIN ${other} ${OTHER} ON ${
    same.join(" AND ")
  } WHERE (${guards.join(" OR ")}) AND ${isToBeChanged(table, selects)})`;
}

function isFound(other: string, pairs: CheckedKey["pairs"], own: string): string {
  const missing = pairs.map(([column]) => `${own}.${quoteIdentifier(column)} IS NULL`);
  const same = pairs.map(([column, theirs, operator]) =>
    `${OTHER}.${quoteIdentifier(theirs)} ${operator} ${own}.${quoteIdentifier(column)}`
  );
  return `${missing.join(" OR ")} OR EXISTS (SELECT FROM ${other} ${OTHER} WHERE ${
    same.join(" AND ")
  })`;
}

function generatedColumns({ columns, isReadable }: ReachedTable) {
  return isReadable ? columns.filter(({ generatedAs }) => generatedAs !== null) : [];
}

/** What of an index is computed: its expressions and its predicate. Plain columns do no harm. */
function indexExpressions({ keys, predicate }: CheckedIndex): string[] {
  const computed = keys.map((key) => `(${key})`);
  if (predicate === null) return computed;
  return computed.map((key) => `CASE WHEN ${predicate} THEN ${key} END`);
}
