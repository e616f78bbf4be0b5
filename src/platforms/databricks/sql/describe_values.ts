/** What is in the columns, for a plan: values, NULLs and tokens of each kind, counted in one scan. */
import type { Selection } from "../../../tokens/selection.ts";
import type { TokenKinds } from "../../../tokens/token_kinds.ts";
import type { CheckedTable } from "../table.ts";
import { columnGuard, columnOf, columnText, rowGuard, tableName } from "./table_expressions.ts";

/**
 * All rows and those with a selected text; and for each column the NULLs, the selected texts with their
 * bytes of UTF-8 and about how many of them are different, and the tokens of each kind.
 */
export type DescribeValuesRow =
  & { readonly total: number; readonly selected: number }
  & Readonly<
    Record<
      | `nulls${number}`
      | `values${number}`
      | `bytes${number}`
      | `distinct${number}`
      | `own${number}`
      | `other_key${number}`
      | `other_sdk${number}`,
      number | null
    >
  >;

/** Counts all that. */
export function describeValuesStatement(
  table: CheckedTable,
  selects: Selection,
  { own, otherKey, otherSdk }: TokenKinds,
): string {
  const counts = table.columns.flatMap((column, i) => {
    const selected = columnGuard(column, selects);
    const text = columnText(column);
    return [
      `count_if(${columnOf(column)} IS NULL) AS nulls${i}`,
      `count_if(${selected}) AS values${i}`,
      `sum(octet_length(${text})) FILTER (WHERE ${selected}) AS bytes${i}`,
      `approx_count_distinct(${text}) FILTER (WHERE ${selected}) AS distinct${i}`,
      `count_if(${columnGuard(column, own)}) AS own${i}`,
      `count_if(${columnGuard(column, otherKey)}) AS other_key${i}`,
      `count_if(${columnGuard(column, otherSdk)}) AS other_sdk${i}`,
    ];
  });
  return `SELECT count(*) AS total, count_if(${rowGuard(table, selects)}) AS selected, ${
    counts.join(", ")
  } FROM ${tableName(table)} AS t`;
}
