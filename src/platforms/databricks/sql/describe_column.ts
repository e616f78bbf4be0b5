/**
 * Describes one column. Unlike the description of the table, which may show `char(n)` and `varchar(n)`
 * as `string`, this always gives the declared type.
 */
import { quoteIdentifier } from "../identifiers.ts";

/** A line of the description. */
export interface DescribeColumnRow {
  readonly info_name: string;
  readonly info_value: string | null;
}

/** Describes a column of the table with these name parts. */
export function describeColumnStatement(
  parts: readonly [string, string, string],
  column: string,
): string {
  return `DESCRIBE TABLE ${parts.map(quoteIdentifier).join(".")} ${quoteIdentifier(column)}`;
}
