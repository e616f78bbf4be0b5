/** What the warehouse says of a table, read for verification. */
import { hintAt } from "../../../did_you_mean.ts";
import { ServiceError } from "../../../errors.ts";
import type { NameCandidate } from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import { quoteIdentifier } from "../identifiers.ts";

/** A column. */
export interface DescribedColumn {
  readonly name: string;
  /** As SQL shows it. */
  readonly type: string;
}

/** A table as it is described. */
export interface DescribedTable {
  readonly instance: string;
  /** The names of catalog, schema and table. */
  readonly path: readonly [string, string, string];
  readonly columns: readonly DescribedColumn[];
  /** Such as `MANAGED`. */
  readonly kind: string;
  /** Such as `delta`. */
  readonly format: string;
  /** Whether a row filter may hide rows from some readers. */
  readonly hasRowFilter: boolean;
  /** Columns that some readers see masked. */
  readonly maskedColumns: readonly string[];
}

interface Line {
  readonly col_name: string | null;
  readonly data_type: string | null;
}

const ACTION = "look up the table";

/** The table's name in SQL. */
export function sqlName(path: readonly string[]): string {
  return path.map(quoteIdentifier).join(".");
}

/**
 * Finds the one table that is meant. `findSimilar` finds the one that was probably meant if there is none. Throws `table_not_found` or `ambiguous_name`.
 */
export async function describeOnly(
  session: Session,
  name: string,
  candidates: readonly NameCandidate[],
  findSimilar: () => Promise<string | undefined>,
): Promise<DescribedTable> {
  const found = new Map<string, DescribedTable>();
  for (const candidate of candidates) {
    const table = await describe(session, candidate);
    if (table !== undefined) found.set(JSON.stringify(table.path).toLowerCase(), table);
  }
  const [table, other] = found.values();
  if (table === undefined) {
    throw new ServiceError(
      "table_not_found",
      `Cannot find the table: the warehouse shows none that "${name}" names${
        hintAt(await findSimilar())
      }`,
    );
  }
  if (other === undefined) return table;
  const names = [...found.values()].map(({ path }) => `"${path.join('"."')}"`).join(", ");
  throw new ServiceError(
    "ambiguous_name",
    `Cannot find the table: the name "${name}" can mean ${names}`,
  );
}

async function describe(
  session: Session,
  { instance, database, schema, table }: NameCandidate,
): Promise<DescribedTable | undefined> {
  const asked = [database, schema, table] as const;
  let lines: Line[];
  try {
    lines = await session.query<Line>(ACTION, `DESCRIBE TABLE EXTENDED ${sqlName(asked)}`);
  } catch (error) {
    if (error instanceof ServiceError && isUnknownName(error)) return undefined;
    throw error;
  }
  return { instance, ...readLines(lines, asked) };
}

/** What cannot be a name at all is a syntax error (SQLSTATE class 42). */
function isUnknownName({ code, facts }: ServiceError): boolean {
  return code === "table_not_found" ||
    (code === "database_error" && facts.sqlState?.startsWith("42") === true);
}

/** Columns come first, then sections, each of which begins with a line such as `# Row Filter`. */
function readLines(
  lines: readonly Line[],
  asked: readonly [string, string, string],
): Omit<DescribedTable, "instance"> {
  const columns: DescribedColumn[] = [];
  const details = new Map<string, string>();
  const maskedColumns: string[] = [];
  let hasRowFilter = false;
  let section = "";
  for (const { col_name, data_type } of lines) {
    const [name, value] = [col_name ?? "", data_type ?? ""];
    if (name === "" || (name.startsWith("# ") && value === "")) {
      section = name === "" ? "none" : name.slice(2).toLowerCase();
      if (section.startsWith("row filter")) hasRowFilter = true;
    } else if (name !== "# col_name") {
      if (section === "") columns.push({ name, type: value });
      else if (section.startsWith("column mask")) maskedColumns.push(name);
      else details.set(name.toLowerCase(), value);
      if (/^row filter/i.test(name) && section !== "") hasRowFilter = true;
    }
  }
  const named = ["catalog", "database", "table"].map((part) => details.get(part));
  const path = named.every((part) => part !== undefined)
    ? named as [string, string, string]
    : asked;
  return {
    path: joinedPath(details.get("name"), path),
    columns,
    kind: details.get("type") ?? "",
    format: details.get("provider")?.toLowerCase() ?? "",
    hasRowFilter,
    maskedColumns,
  };
}

/** Spark gives the three names as one text, in which each has the length that was asked for. */
function joinedPath(
  joined: string | undefined,
  path: readonly [string, string, string],
): readonly [string, string, string] {
  if (joined?.toLowerCase() !== path.join(".").toLowerCase()) return path;
  const [first, second] = path.map(({ length }) => length) as [number, number];
  return [
    joined.slice(0, first),
    joined.slice(first + 1, first + 1 + second),
    joined.slice(first + second + 2),
  ];
}

/** The declared type of a column: the description of a table may show `char(n)` as `string`. */
export async function declaredType(
  session: Session,
  { path }: DescribedTable,
  { name, type }: DescribedColumn,
): Promise<string> {
  if (type.toLowerCase() !== "string") return type;
  const lines = await session.query<{ info_name: string; info_value: string | null }>(
    "look up the columns",
    `DESCRIBE TABLE ${sqlName(path)} ${quoteIdentifier(name)}`,
  );
  return lines.find((line) => line.info_name === "data_type")?.info_value ?? type;
}

/**
 * The policies that may mask columns or filter rows; undefined if the principal may not see them. Engines
 * without the statement have none.
 */
export async function policiesOf(
  session: Session,
  { path }: DescribedTable,
): Promise<readonly string[] | undefined> {
  if (path[0].toLowerCase() === "hive_metastore") return [];
  const statement = `SHOW EFFECTIVE POLICIES ON TABLE ${sqlName(path)}`;
  try {
    const rows = await session.query<Record<string, string>>("look up the policies", statement);
    return rows.filter((row) => row["Policy Type"] !== "GRANT")
      .map((row) => `"${row["Policy Name"]}"`);
  } catch (error) {
    const { sqlState, errorClass } = error instanceof ServiceError ? error.facts : {};
    if (sqlState === "42601" || errorClass === "PARSE_SYNTAX_ERROR") return [];
    if (sqlState === undefined && errorClass === undefined) throw error;
    return undefined;
  }
}
