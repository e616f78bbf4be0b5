/**
 * What must be true of a table before its first row is touched. A refusal here costs nothing; what can
 * only be seen later is refused by the warehouse, statement by statement.
 */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import { refusal } from "../../refusal.ts";
import { resolveColumns } from "../../resolve_columns.ts";
import type { FoundTable } from "./find_table.ts";
import type { Session } from "../connection/session.ts";
import type { CheckedColumn, CheckedTable } from "../table.ts";
import { type DescribeColumnRow, describeColumnStatement } from "../sql/describe_column.ts";

/** Formats whose tables can be updated row by row. */
const FORMATS = ["delta", "iceberg"];
/** Ordinary tables; the other types are views, or tables that something else fills. */
const TABLE_TYPES = /^(MANAGED|EXTERNAL)(_SHALLOW_CLONE)?$/i;
const APPEND_ONLY = /[[,]delta\.appendOnly=true[,\]]/i;
const TEXT_TYPE = /^(?:string|(char|varchar)\((\d+)\))$/i;

type Column = FoundTable["description"]["columns"][number];

/**
 * Checks the table and resolves the columns.
 *
 * Throws `table_not_supported`, `column_not_found`, `ambiguous_name`, `column_not_tokenizable` or
 * `invalid_request` (a column named twice).
 */
export async function checkTable(
  session: Session,
  found: FoundTable,
  asked: readonly ColumnRef[],
): Promise<CheckedTable> {
  const { catalog, schema, name, description } = found;
  const displayName = `${catalog}.${schema}.${name}`;
  checkKind(found, displayName);
  checkNotNested(description.columns, displayName, asked);
  const resolved = resolveColumns(displayName, description.columns, asked);
  const columns = await Promise.all(resolved.map(async (column) => {
    if (description.maskedColumns.has(column.name)) {
      throw refusal(
        "column_not_tokenizable",
        displayName,
        `column "${column.name}" has a mask, which may hide its values from this principal`,
      );
    }
    return checkColumn(displayName, column, await declaredType(session, found, column));
  }));
  const isDelta = description.details.get("provider")?.toLowerCase() === "delta";
  const properties = description.details.get("table properties");
  return {
    catalog,
    schema,
    name,
    platform: "databricks",
    path: [catalog, schema, name],
    displayName,
    isDelta,
    properties,
    columns,
  };
}

function checkKind({ description }: FoundTable, displayName: string): void {
  const type = description.details.get("type") ?? "";
  const format = description.details.get("provider")?.toLowerCase() ?? "";
  const reason = !TABLE_TYPES.test(type)
    ? `it is not an ordinary table but ${kindName(type)}`
    : !FORMATS.includes(format)
    ? `rows of its format cannot be updated${/^\w+$/.test(format) ? ` (${format})` : ""}`
    : description.hasRowFilter
    ? "a row filter may hide rows from this principal"
    : APPEND_ONLY.test(description.details.get("table properties") ?? "")
    ? "the table is append-only (delta.appendOnly)"
    : undefined;
  if (reason !== undefined) throw refusal("table_not_supported", displayName, reason);
}

function kindName(type: string): string {
  return /^[A-Z_]+$/i.test(type)
    ? `a ${type.toLowerCase().replaceAll("_", " ")}`
    : "something else";
}

/** A path into a struct names a field, not a column. */
function checkNotNested(
  columns: readonly Column[],
  displayName: string,
  asked: readonly ColumnRef[],
): void {
  for (const { written, names } of asked) {
    const lowered = names.map((name) => name.toLowerCase());
    if (columns.some(({ name }) => lowered.includes(name.toLowerCase()))) continue;
    const outer = columns.find(({ name, type }) =>
      /^(struct|array|map)</i.test(type) &&
      lowered.some((each) => each.startsWith(`${name.toLowerCase()}.`))
    );
    if (outer !== undefined) {
      throw refusal(
        "column_not_tokenizable",
        displayName,
        `"${written}" lies within column "${outer.name}", and only whole columns can be tokenized`,
      );
    }
  }
}

async function declaredType(session: Session, found: FoundTable, column: Column): Promise<string> {
  if (column.type.toLowerCase() !== "string") return column.type;
  const rows = await session.query<DescribeColumnRow>(
    "look up the columns",
    describeColumnStatement([found.catalog, found.schema, found.name], column.name),
  );
  return rows.find(({ info_name: name }) => name === "data_type")?.info_value ?? column.type;
}

function checkColumn(displayName: string, column: Column, type: string): CheckedColumn {
  const { name } = column;
  // values that a collation treats as equal may differ, and so have different tokens
  const [plain = "", collation] = type.split(/\s+collate\s+/i);
  const match = TEXT_TYPE.exec(plain);
  if (match === null) {
    throw refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" is of type ${shortened(type)}, not text`,
    );
  }
  if (collation !== undefined && collation.toUpperCase() !== "UTF8_BINARY") {
    throw refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" has the collation ${collation}, which treats different values as equal`,
    );
  }
  return {
    name,
    maxLength: match[2] === undefined ? null : Number(match[2]),
    isPadded: match[1]?.toLowerCase() === "char",
  };
}

/** A struct's type names all of its fields. */
function shortened(type: string): string {
  return type.length > 80 ? `${type.slice(0, 80)}…` : type;
}
