/** What a name that means nothing may have meant: looked up only then. */
import type { ResolvedName } from "../../../datahub/allowed_datasets.ts";
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import { nearestTable, suggestable } from "../../nearest_table.ts";
import type { NameCandidate } from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import { VISIBLE_COLUMNS, VISIBLE_TABLES } from "../sql/visible_names.ts";
import type { TableMetadata } from "../table.ts";

/** The table that one of the candidates probably meant, as `database.schema.table`, if it may be named. */
export async function similarTable(
  session: Session,
  database: string,
  candidates: readonly NameCandidate[],
  maySuggest: (table: ResolvedName) => boolean,
): Promise<string | undefined> {
  const { rows } = await session.query<[schema: string, table: string]>(
    "look up the table",
    VISIBLE_TABLES,
    [
      arrayLiteral(candidates.map(({ schema }) => schema)),
      arrayLiteral(candidates.map(({ table }) => table)),
    ],
  );
  const named = suggestable(rows, database, candidates, maySuggest);
  const meant = nearestTable(candidates.map(({ schema, table }) => [schema, table]), named);
  return meant && [database, ...meant].join(".");
}

/** The names of all columns that the role may read, if one that was asked for is missing; else none. */
export async function namesForMissing(
  session: Session,
  found: TableMetadata,
  asked: readonly ColumnRef[],
): Promise<string[]> {
  const names = new Set(found.columns.map(({ name }) => name.toLowerCase()));
  const isThere = (column: ColumnRef) => column.names.some((name) => names.has(name.toLowerCase()));
  if (asked.every(isThere)) return [];
  const { rows } = await session.query<[string]>("look up the columns", VISIBLE_COLUMNS, [
    String(found.oid),
  ]);
  return rows.map(([name]) => name);
}
