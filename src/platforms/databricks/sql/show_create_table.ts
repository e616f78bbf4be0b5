/**
 * The statement that would make a table: nothing else says which of its columns are generated. Spark has
 * it, but not for Delta tables.
 *
 * Source: Databricks' SQL language reference, "SHOW CREATE TABLE".
 */
import { quoteIdentifier } from "../identifiers.ts";

/** The row of the result. */
export interface CreateTableRow {
  readonly createtab_stmt: string;
}

/** Shows how the table with these name parts would be made. */
export function showCreateTableStatement(parts: readonly string[]): string {
  return `SHOW CREATE TABLE ${parts.map(quoteIdentifier).join(".")}`;
}
