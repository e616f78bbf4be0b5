/** What a table's name that means nothing may have meant: looked up only then. */
import type { ResolvedName } from "../../../datahub/allowed_datasets.ts";
import { type ErrorCode, ServiceError } from "../../../errors.ts";
import { nearestTable, suggestable } from "../../nearest_table.ts";
import type { NameCandidate } from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import { type ShowTablesRow, showTablesStatement } from "../sql/show_tables.ts";

/** Each costs a statement; a name with dots may have many ways to be read. */
const MAX_SCHEMAS = 2;
/** How many tables are compared with a name. */
const MAX_TABLES = 5000;
/** What a warehouse says of a schema that is not there, or whose tables it does not list. */
const NO_LIST: readonly ErrorCode[] = ["table_not_found", "permission_denied", "database_error"];

/** The table in a schema asked for that has a similar name and may be named, as `catalog.schema.table`. */
export async function similarTable(
  session: Session,
  candidates: readonly NameCandidate[],
  maySuggest: (table: ResolvedName) => boolean,
): Promise<string | undefined> {
  const schemas = new Map(
    candidates.map(({ database, schema }) => [JSON.stringify([database, schema]), {
      database,
      schema,
    }]),
  );
  for (const { database, schema } of [...schemas.values()].slice(0, MAX_SCHEMAS)) {
    const visible = await tablesIn(session, database, schema);
    const asked = candidates.filter((each) => each.database === database && each.schema === schema)
      .map(({ table }) => [schema, table] as const);
    const tables = visible.map((table) => [schema, table] as const);
    const named = suggestable(tables, database, candidates, maySuggest);
    const meant = nearestTable(asked, named);
    if (meant !== undefined) return [database, ...meant].join(".");
  }
  return undefined;
}

async function tablesIn(session: Session, catalog: string, schema: string): Promise<string[]> {
  try {
    const statement = showTablesStatement(catalog, schema);
    const rows = await session.query<ShowTablesRow>("look up the table", statement);
    return rows.filter(({ isTemporary }) => String(isTemporary) !== "true")
      .slice(0, MAX_TABLES).map(({ tableName }) => tableName);
  } catch (error) {
    if (error instanceof ServiceError && NO_LIST.includes(error.code)) return [];
    throw error;
  }
}
