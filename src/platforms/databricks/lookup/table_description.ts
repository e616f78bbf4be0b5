/**
 * Reads what `DESCRIBE TABLE EXTENDED` returns: the columns, then sections that begin with a line such
 * as `# Detailed Table Information`. Unknown sections are skipped; releases add new ones.
 *
 * The machine-readable `AS JSON` would be a better source, but engines before Databricks Runtime 16.2
 * do not have it, and Spark does not have it for Delta tables.
 */
import type { DescribeRow } from "../sql/describe_table.ts";

/** A table as the warehouse describes it. */
export interface TableDescription {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Such as `type` and `provider`: names in lower case. */
  readonly details: ReadonlyMap<string, string>;
  /** Names of columns that some readers only see masked. */
  readonly maskedColumns: ReadonlySet<string>;
  /** Whether rows may be hidden from some readers. */
  readonly hasRowFilter: boolean;
}

/** The description in `rows`. What it does not mention is left out; it never throws. */
export function readDescription(rows: readonly DescribeRow[]): TableDescription {
  const columns: { name: string; type: string }[] = [];
  const details = new Map<string, string>();
  const maskedColumns = new Set<string>();
  let hasRowFilter = false;
  let section = "columns";
  for (const { col_name, data_type } of rows) {
    const name = col_name ?? "";
    const value = data_type ?? "";
    // a column always has a type
    if (name === "" || (name.startsWith("#") && value === "")) {
      section = name.replace(/^#\s*/, "").toLowerCase();
      if (section === "row filter") hasRowFilter = true;
    } else if (name === "# col_name") {
      continue;
    } else if (section === "columns") {
      columns.push({ name, type: value });
    } else if (section === "column masks" || section === "column mask") {
      maskedColumns.add(name);
    } else if (/^row filters?$/i.test(name)) {
      hasRowFilter ||= value !== "";
    } else if (section === "detailed table information") {
      details.set(name.toLowerCase(), value);
    }
  }
  return { columns, details, maskedColumns, hasRowFilter };
}
