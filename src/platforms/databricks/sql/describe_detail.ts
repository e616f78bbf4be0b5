/** How large a Delta table's newest version is. Source: Delta Lake documentation, "Describe detail". */
import type { CheckedTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** What is used of the details. */
export interface DetailRow {
  readonly sizeInBytes: number | null;
}

/** Describes it. */
export function describeDetailStatement(table: CheckedTable): string {
  return `DESCRIBE DETAIL ${tableName(table)}`;
}
