/**
 * Lists the policies that may mask a table's columns or filter its rows, those of its schema and catalog
 * included.
 *
 * Source: Databricks' SQL language reference, "SHOW POLICIES" (Databricks SQL, and Databricks Runtime
 * 16.4 and above). It needs READ METADATA or MANAGE on the table, or its ownership.
 */
import { quoteIdentifier } from "../identifiers.ts";

/** A policy, by the column names of the result. */
export interface PolicyRow {
  readonly "Policy Name": string;
  /** Such as `COLUMN_MASK` or `ROW_FILTER`. */
  readonly "Policy Type": string;
}

/** Lists the policies of the table with these name parts. */
export function showPoliciesStatement(parts: readonly string[]): string {
  return `SHOW EFFECTIVE POLICIES ON TABLE ${parts.map(quoteIdentifier).join(".")}`;
}
