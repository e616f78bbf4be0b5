/**
 * Has the warehouse analyse a statement without running it. If that fails, the plan says why: its first
 * line is Spark's "Error occurred during query planning:".
 *
 * Source: Databricks' SQL language reference, "EXPLAIN"; Spark's `ExplainCommand`.
 */

/** A part of the plan, or of the error. */
export interface PlanRow {
  readonly plan: string;
}

const FAILED = /^Error occurred during query planning: *\n/;

/** Explains the statement. */
export function explainStatement(statement: string): string {
  return `EXPLAIN ${statement}`;
}

/** The error's message, if the plan is one. */
export function planError(rows: readonly PlanRow[]): string | undefined {
  const plan = rows.map((row) => row.plan).join("\n");
  return FAILED.test(plan) ? plan.replace(FAILED, "") : undefined;
}
