/**
 * Lists a table's properties. A Delta table keeps its CHECK constraints there, as
 * `delta.constraints.NAME`.
 *
 * Source: Databricks' SQL language reference, "SHOW TBLPROPERTIES"; Delta Lake's `Constraints.scala`.
 */
import type { CheckedTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** A property. */
export interface PropertyRow {
  readonly key: string;
  readonly value: string;
}

/** Lists every property of the table. */
export function showPropertiesStatement(table: CheckedTable): string {
  return `SHOW TBLPROPERTIES ${tableName(table)}`;
}
