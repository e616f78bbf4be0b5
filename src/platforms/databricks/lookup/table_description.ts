/**
 * Reads what `DESCRIBE TABLE EXTENDED` gives: first the columns, then sections that begin with a line
 * such as `# Detailed Table Information`. Sections not known here are passed over; new ones are added
 * from time to time.
 *
 * The machine-readable `AS JSON` would be the better source, but engines before Databricks Runtime
 * 16.2 lack it, and Spark has it for no Delta table.
 */
import type { DescribeRow } from "../sql/describe_table.ts";

/** A table as the warehouse describes it. */
export interface TableDescription {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Such as `Type` and `Provider`, by their names in lower case. */
  readonly details: ReadonlyMap<string, string>;
  /** Names of columns that are shown to some readers in another form only. */
  readonly maskedColumns: ReadonlySet<string>;
  /** Whether some rows may be hidden from some readers. */
  readonly hasRowFilter: boolean;
}

/** Reads the description. */
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
