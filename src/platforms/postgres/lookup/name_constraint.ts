/** The constraint that a run failed on, named if the catalogue has it. */
import type { ServiceError } from "../../../errors.ts";
import type { TransactionLimits } from "../connection/settings.ts";
import { ReportedError } from "../connection/reported_error.ts";
import type { Session } from "../connection/session.ts";
import { inTransaction } from "../connection/transaction.ts";
import { arrayLiteral } from "../identifiers.ts";
import {
  type ConstraintNameRow,
  findConstraintNamesStatement,
} from "../sql/find_constraint_names.ts";
import type { TargetTable } from "../table.ts";

/**
 * `error`, with the constraint's name if a statement on `table` may fail on one of that name. `session` is
 * in no transaction. Gives the error as it is if the catalogue cannot be read any more.
 */
export async function nameConstraint(
  error: unknown,
  session: Session,
  table: TargetTable | undefined,
  limits: TransactionLimits,
  signal: AbortSignal,
): Promise<unknown> {
  if (table === undefined || session.lost) return error;
  if (!(error instanceof ReportedError && error.mayNameConstraint)) return error;
  const options = { isolation: "READ COMMITTED", readOnly: true, ...limits } as const;
  const find = () => findNames(session, table);
  try {
    const names = await inTransaction(
      session,
      options,
      signal,
      find,
      (found) => Promise.resolve(found),
    );
    return error.naming(names);
  } catch {
    return error; // what failed first is what the caller has to know
  }
}

/** The same within a transaction, which the failure has not ended. */
export async function nameConstraintWithin(
  error: ServiceError,
  session: Session,
  table: TargetTable,
): Promise<ServiceError> {
  if (!(error instanceof ReportedError && error.mayNameConstraint)) return error;
  return error.naming(await findNames(session, table));
}

async function findNames(session: Session, table: TargetTable): Promise<string[]> {
  const { rows } = await session.query<ConstraintNameRow>(
    `look up the constraints of ${table.displayName}`,
    findConstraintNamesStatement(),
    [String(table.oid), arrayLiteral(table.columns.map(({ name }) => name))],
  );
  return rows.map(([name]) => name);
}
