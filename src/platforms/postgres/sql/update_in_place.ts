/** Tokenizes the table, or a range of its blocks, in one statement, by the SDK's SQL expression. */
import type { Selection } from "../../../tokens/selection.ts";
import type { TargetTable } from "../table.ts";
import { quoteIdentifier } from "../identifiers.ts";
import { type BlockRange, inRange } from "./block_ranges.ts";
import { columnGuard, columnText, rowGuard, selectedRows, tableName } from "./table_expressions.ts";

/** The UPDATE; `token` gives SQL for the token of an SQL operand. */
export function updateInPlaceStatement(
  table: TargetTable,
  selects: Selection,
  token: (operand: string) => string,
  range?: BlockRange,
): string {
  const assignments = table.columns.map(({ name }) => {
    const column = quoteIdentifier(name);
    return `${column} = CASE WHEN ${columnGuard(name, selects)} THEN ${
      token(columnText(name))
    } ELSE t.${column} END`;
  });
  return `UPDATE ${tableName(table)} t SET ${assignments.join(", ")} WHERE ${
    selectedRows(rowGuard(table, selects), selects)
  }${inRange(range)}`;
}
