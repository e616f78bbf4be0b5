/** The columns of a table that are worth being named: those of text that the role may read. */
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import type { NamedTable } from "../../platform.ts";
import type { Session } from "../connection/session.ts";
import { VISIBLE_TEXT_COLUMNS } from "../sql/visible_names.ts";
import { type FindOptions, findTable } from "./find_table.ts";

/** Finds the table and lists them. Throws what `findTable` throws. */
export async function listColumns(
  session: Session,
  dataset: DatasetUrn,
  options: Omit<FindOptions, "lock">,
): Promise<NamedTable> {
  const request = { dataset, columns: [], intricate: new Set<string>() };
  const found = await findTable(session, request, { ...options, lock: false });
  const { rows } = await session.query<[string]>("look up the columns", VISIBLE_TEXT_COLUMNS, [
    String(found.oid),
  ]);
  return {
    platformInstance: found.platformInstance,
    path: [found.database, found.schema, found.name],
    columns: rows.map(([name]) => name),
  };
}
