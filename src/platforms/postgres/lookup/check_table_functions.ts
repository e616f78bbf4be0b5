/** Functions of others in a table's definition: refused, unless the configuration allows them. */
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import { tableFunctionsQuery } from "../sql/find_table_functions.ts";
import type { ColumnMetadata, TableFunction, TableMetadata } from "../table.ts";
import { displayNameOf } from "./check_table.ts";

/**
 * The names of the functions of others that would run with the role's rights when `columns` are written
 * or the table is read; empty unless `allowTableFunctions`.
 *
 * Throws `table_not_supported` for functions that are not allowed.
 */
export async function checkTableFunctions(
  session: Session,
  found: TableMetadata,
  columns: readonly ColumnMetadata[],
  allowTableFunctions: boolean,
): Promise<readonly string[]> {
  // if columns' names differ in case alone, more of them were found than are meant
  const functions = columns.length === found.columns.length
    ? found.functions
    : await findTableFunctions(session, found, columns);
  if (functions.length > 0 && !allowTableFunctions) {
    const list = functions.map(([object, objectName, name, owner]) =>
      `${object} "${objectName}": function "${name}" of "${owner}"`
    );
    throw refusal(
      "table_not_supported",
      displayNameOf(found),
      "functions that others can choose or change would run with this role's rights " +
        `(${list.join("; ")}): set ALLOW_TABLE_FUNCTIONS=true to let them`,
    );
  }
  return [...new Set(functions.map(([, , name]) => name))];
}

async function findTableFunctions(
  session: Session,
  found: TableMetadata,
  columns: readonly ColumnMetadata[],
): Promise<readonly TableFunction[]> {
  const { rows } = await session.query<TableFunction>(
    `look up the functions of ${displayNameOf(found)}`,
    tableFunctionsQuery("$1::oid", "$2::text[]"),
    [String(found.oid), arrayLiteral(columns.map(({ name }) => name))],
  );
  return rows;
}
