/** Describes a table: its columns, and below them what kind of table it is. */
import { quoteIdentifier } from "../identifiers.ts";

/** A line of the description. */
export interface DescribeRow {
  readonly col_name: string | null;
  readonly data_type: string | null;
}

/** Describes the table with these name parts; `readDescription` reads the result. */
export function describeTableStatement(parts: readonly [string, string, string]): string {
  return `DESCRIBE TABLE EXTENDED ${parts.map(quoteIdentifier).join(".")}`;
}
