/** The failure of a run whose tokens a condition of a table does not take. */
import { ServiceError } from "../../../errors.ts";
import { asReported } from "../connection/sql_states.ts";
import { changedColumns } from "../sql/new_rows.ts";
import type { ReachedTable } from "../sql/reached_table.ts";
import type { Condition } from "../sql/try_conditions.ts";
import { actionOn, type Work } from "./work.ts";

/** As the server itself would refuse the run; of a table that a foreign key leads to, with its name. */
export function refusedCondition(
  { run, table }: Work,
  reached: ReachedTable,
  { sqlState, constraint, column, isDeferred = false }: Omit<Condition, "expression">,
): ServiceError {
  const isAtCommit = isDeferred && table.triggers.length === 0 &&
    run.context.strategy !== "rewrite";
  const action = isAtCommit ? "commit the run" : actionOn(table);
  const reported = asReported(sqlState, action, constraint);
  if (!reached.isCarried) return reported;
  const columns = changedColumns(reached).map((each) => `"${each.name}"`).join(", ");
  const what = column === undefined ? "which" : `whose generated column "${column}"`;
  const by = constraint === undefined ? "" : `, constraint "${constraint}"`;
  return new ServiceError(
    reported.code,
    `Cannot tokenize ${table.displayName}: a foreign key carries the change to ${columns} of ` +
      `${reachedName(reached)}, ${what} does not take the tokens (SQLSTATE ${sqlState}${by})`,
    { sqlState, ...(constraint !== undefined && { constraint }) },
  );
}

/** The table's name, for messages. */
export function reachedName({ schema, name }: ReachedTable): string {
  return `"${schema}.${name}"`;
}
