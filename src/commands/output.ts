/** What the commands print: JSON for programs, a table for people. Failures go to standard error. */
import type { Report } from "../action/trigger.ts";
import type { Problem } from "../http/problem.ts";

/** Prints a report on standard output. */
export function printReport(report: Report, json: boolean): void {
  if (json) return console.log(JSON.stringify(report));
  console.log(table([
    ["table", report.table],
    ["columns", report.columns.join(", ")],
    [report.dry_run ? "would update" : "updated", `${report.updated} rows`],
    ["skipped", `${report.skipped} rows`],
    ["took", `${report.elapsed_ms} ms`],
    ["run", report.run_id],
  ]));
}

/** Prints why a job failed: a sentence on standard error, and for programs the problem too. */
export function printFailure(problem: Pick<Problem, "detail" | "code">, json: boolean): void {
  console.error(`tokenize: ${problem.detail} (${problem.code})`);
  if (json) console.log(JSON.stringify(problem));
}

/** Two columns, aligned. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
