/** Statements that read the catalogue, run with little memory. */
import type { Session } from "../connection/session.ts";

/**
 * Recursive queries deduplicate their rows in hash tables, which the server makes as large as its guess of
 * the number of rows, within `work_mem`. A look-up finds few, and making the tables took most of its time.
 * That of a plain table has none.
 */
export const LITTLE = "SET LOCAL work_mem = '64kB'";
/** What ends it. */
export const AS_BEFORE = "SET LOCAL work_mem TO DEFAULT";

/** The result of `work`, which sends one statement. All are sent at once. Throws what `work` throws. */
export async function inSmallMemory<T>(
  session: Session,
  action: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = session.query(action, LITTLE);
  const working = work();
  const after = session.query(action, AS_BEFORE);
  const [, done] = await Promise.allSettled([before, working, after]);
  if (done.status === "rejected") throw done.reason;
  await before;
  await after;
  return done.value;
}
