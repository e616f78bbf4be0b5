/**
 * What the warehouse says of one column. Unlike the description of the table, which may show
 * `char(n)` and `varchar(n)` as `string`, this one always has the type as it was declared.
 */
import { quoteIdentifier } from "../identifiers.ts";

/** A line of the description. */
export interface DescribeColumnRow {
  readonly info_name: string;
  readonly info_value: string | null;
}

/** The statement. */
export function describeColumnStatement(
  parts: readonly [string, string, string],
  column: string,
): string {
  return `DESCRIBE TABLE ${parts.map(quoteIdentifier).join(".")} ${quoteIdentifier(column)}`;
}
