/** Counts the rows that CHECK constraints would refuse. To Delta, NULL is a violation too. */
import type { CheckConstraint } from "../table.ts";

/** `c0`, `c1`, …: how many rows each constraint refuses. */
export type ViolationsRow = Readonly<Record<`c${number}`, number>>;

/** Counts the violations of each of `constraints` in `rows`, a query. */
export function countViolationsStatement(
  constraints: readonly CheckConstraint[],
  rows: string,
): string {
  const counts = constraints.map(({ expression }, i) =>
    `count_if(NOT coalesce((${expression}), false)) AS c${i}`
  );
  return `SELECT ${counts.join(", ")} FROM (${rows})`;
}
