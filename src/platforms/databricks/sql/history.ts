/** The latest versions of a Delta table, newest first, with what made them. */
import type { CheckedTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** One version. */
export interface HistoryRow {
  readonly version: number;
  readonly timestamp: Date | string;
  /** What made it, such as `MERGE`. */
  readonly operation: string;
  readonly operationMetrics: Readonly<Record<string, string>> | null;
}

/** The statement. */
export function historyStatement(table: CheckedTable, versions: number): string {
  return `DESCRIBE HISTORY ${tableName(table)} LIMIT ${versions}`;
}
