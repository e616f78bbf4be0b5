/** Checks of which each may refuse the run: a run stops at the first one, a plan goes on after it. */
import { isObstacle, type Refuse } from "../../obstacles.ts";
import type { Session } from "../connection/session.ts";
import { nameConstraintWithin } from "../lookup/name_constraint.ts";
import type { TargetTable } from "../table.ts";

const ACTION = "check the table";
const SAVEPOINT = "SAVEPOINT tokenize_check";
const ROLL_BACK = "ROLLBACK TO SAVEPOINT tokenize_check";

/**
 * The result of `check`, which is about `table`. With `onObstacle`, for a plan, what refuses the run is given
 * to it, and what a failed statement did to the transaction is undone; the result is then undefined. Throws
 * anything else.
 */
export async function attempt<T>(
  session: Session,
  table: TargetTable,
  onObstacle: Refuse | undefined,
  check: () => Promise<T>,
): Promise<T | undefined> {
  if (onObstacle === undefined) return await check();
  await session.query(ACTION, SAVEPOINT);
  try {
    return await check();
  } catch (error) {
    if (!isObstacle(error)) throw error;
    await session.query(ACTION, ROLL_BACK);
    onObstacle(await nameConstraintWithin(error, session, table));
    return undefined;
  }
}
