/**
 * What must be true of a table before its first row is touched. A refusal here costs nothing; what can
 * only be seen later is refused by the warehouse, statement by statement.
 */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { ServiceError } from "../../../errors.ts";
import { type Refuse, throwObstacle } from "../../obstacles.ts";
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
 * Throws `table_not_supported` for a table that cannot be read as a whole, and the last refusal if no
 * column is left that can. Refuses with `table_not_supported`, `column_not_found`, `ambiguous_name`,
 * `column_not_tokenizable` or `invalid_request` (a column named twice).
 */
export async function checkTable(
  session: Session,
  found: FoundTable,
  asked: readonly ColumnRef[],
  refuse: Refuse = throwObstacle,
): Promise<CheckedTable> {
  const { catalog, schema, name, description } = found;
  const displayName = `${catalog}.${schema}.${name}`;
  let last: ServiceError | undefined;
  const note = (obstacle: ServiceError) => {
    last = obstacle;
    refuse(obstacle);
  };
  checkKind(found, displayName, note);
  const whole = notNested(description.columns, displayName, asked, note);
  const visible = description.columns.map((column) => column.name);
  const resolved = resolveColumns(displayName, description.columns, whole, note, visible);
  const checked = await Promise.all(resolved.map(async (column) => {
    if (description.maskedColumns.has(column.name)) {
      note(refusal(
        "column_not_tokenizable",
        displayName,
        `column "${column.name}" has a mask, which may hide its values from this principal`,
      ));
    }
    const type = await declaredType(session, found, column);
    const usable = checkColumn(displayName, column, type);
    if (!(usable instanceof Error)) return [usable];
    note(usable);
    return [];
  }));
  const columns = checked.flat();
  if (columns.length === 0 && last !== undefined) throw last;
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

function checkKind({ description }: FoundTable, displayName: string, refuse: Refuse): void {
  const type = description.details.get("type") ?? "";
  const format = description.details.get("provider")?.toLowerCase() ?? "";
  const reason = !TABLE_TYPES.test(type)
    ? `it is not an ordinary table but ${kindName(type)}`
    : !FORMATS.includes(format)
    ? `rows of its format cannot be updated${/^\w+$/.test(format) ? ` (${format})` : ""}`
    : description.hasRowFilter
    ? "a row filter may hide rows from this principal"
    : undefined;
  if (reason !== undefined) throw refusal("table_not_supported", displayName, reason);
  if (APPEND_ONLY.test(description.details.get("table properties") ?? "")) {
    const appendOnly = "the table is append-only (delta.appendOnly)";
    refuse(refusal("table_not_supported", displayName, appendOnly));
  }
}

function kindName(type: string): string {
  return /^[A-Z_]+$/i.test(type)
    ? `a ${type.toLowerCase().replaceAll("_", " ")}`
    : "something else";
}

/** Those that do not lie within others: a path into a struct names a field, not a column. */
function notNested(
  columns: readonly Column[],
  displayName: string,
  asked: readonly ColumnRef[],
  refuse: Refuse,
): ColumnRef[] {
  return asked.filter(({ written, names }) => {
    const lowered = names.map((name) => name.toLowerCase());
    if (columns.some(({ name }) => lowered.includes(name.toLowerCase()))) return true;
    const outer = columns.find(({ name, type }) =>
      /^(struct|array|map)</i.test(type) &&
      lowered.some((each) => each.startsWith(`${name.toLowerCase()}.`))
    );
    if (outer === undefined) return true;
    refuse(refusal(
      "column_not_tokenizable",
      displayName,
      `"${written}" lies within column "${outer.name}", and only whole columns can be tokenized`,
    ));
    return false;
  });
}

async function declaredType(session: Session, found: FoundTable, column: Column): Promise<string> {
  if (column.type.toLowerCase() !== "string") return column.type;
  const rows = await session.query<DescribeColumnRow>(
    "look up the columns",
    describeColumnStatement([found.catalog, found.schema, found.name], column.name),
  );
  return rows.find(({ info_name: name }) => name === "data_type")?.info_value ?? column.type;
}

function checkColumn(
  displayName: string,
  column: Column,
  type: string,
): CheckedColumn | ServiceError {
  const { name } = column;
  // values that a collation treats as equal may differ, and so have different tokens
  const [plain = "", collation] = type.split(/\s+collate\s+/i);
  const match = TEXT_TYPE.exec(plain);
  if (match === null) {
    return refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" is of type ${shortened(type)}, not text`,
    );
  }
  if (collation !== undefined && collation.toUpperCase() !== "UTF8_BINARY") {
    return refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" has the collation ${collation}, which treats different values as equal`,
    );
  }
  return {
    name,
    type,
    maxLength: match[2] === undefined ? null : Number(match[2]),
    isPadded: match[1]?.toLowerCase() === "char",
  };
}

/** A struct's type names all of its fields. */
function shortened(type: string): string {
  return type.length > 80 ? `${type.slice(0, 80)}…` : type;
}
