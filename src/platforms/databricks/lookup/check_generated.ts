/**
 * Whether a column is computed from others. Delta refuses to write to such a column, but only row by row,
 * and a table's description does not mention it.
 */
import { ServiceError } from "../../../errors.ts";
import { type Refuse, throwObstacle } from "../../obstacles.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { type CreateTableRow, showCreateTableStatement } from "../sql/show_create_table.ts";
import type { CheckedTable } from "../table.ts";

/** `name TYPE … GENERATED ALWAYS AS (expression)`, on a line of its own; identity columns are numbers. */
const GENERATED = /^\s*(?:`((?:[^`]|``)+)`|(\w+)) .*\bGENERATED ALWAYS AS \(/gim;

/**
 * Refuses with `column_not_tokenizable` each column that is generated. If the engine does not say how the
 * table was made, the write will be refused.
 */
export async function checkGenerated(
  session: Session,
  table: CheckedTable,
  refuse: Refuse = throwObstacle,
): Promise<void> {
  if (!mayHaveGenerated(table)) return;
  const [row] = await createStatement(session, table);
  const generated = generatedColumns(row?.createtab_stmt ?? "");
  for (const { name } of table.columns.filter((each) => generated.has(each.name.toLowerCase()))) {
    const reason = `column "${name}" is generated from others`;
    refuse(refusal("column_not_tokenizable", table.displayName, reason));
  }
}

/** The names in lower case of the generated columns, from the statement that makes their table. */
export function generatedColumns(statement: string): ReadonlySet<string> {
  const names = Array.from(
    statement.matchAll(GENERATED),
    ([, quoted, plain]) => quoted?.replaceAll("``", "`") ?? plain!,
  );
  return new Set(names.map((name) => name.toLowerCase()));
}

/** Tables of writer version 4 to 6 may have some, and later ones name what they have. */
function mayHaveGenerated({ isDelta, properties }: CheckedTable): boolean {
  if (!isDelta || properties === undefined) return isDelta;
  const version = Number(/\bdelta\.minWriterVersion=(\d+)/.exec(properties)?.[1] ?? 0);
  return (version >= 4 && version <= 6) || /\bdelta\.feature\.generatedColumns=/.test(properties);
}

async function createStatement(session: Session, table: CheckedTable): Promise<CreateTableRow[]> {
  try {
    const statement = showCreateTableStatement(table.path);
    return await session.query<CreateTableRow>("look up the table's columns", statement);
  } catch (error) {
    const { sqlState, errorClass } = error instanceof ServiceError ? error.facts : {};
    if (sqlState === undefined && errorClass === undefined) throw error;
    return [];
  }
}
