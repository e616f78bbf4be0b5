/** The latest versions of a Delta table, newest first, each with the operation that made it. */
import type { CheckedTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** One version. */
export interface HistoryRow {
  readonly version: number;
  readonly timestamp: Date | string;
  /** Such as `MERGE`. */
  readonly operation: string;
  readonly operationMetrics: Readonly<Record<string, string>> | null;
}

/** Lists the latest `versions` versions. */
export function historyStatement(table: CheckedTable, versions: number): string {
  return `DESCRIBE HISTORY ${tableName(table)} LIMIT ${versions}`;
}
