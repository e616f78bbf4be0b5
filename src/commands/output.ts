/** What commands print: JSON for programs, a table for people. Failures go to standard error. */
import type { Report } from "../action/trigger.ts";
import type { ResiduePlace } from "../platforms/residue.ts";
import type { Problem } from "../http/problem.ts";
import { oneLine } from "../one_line.ts";

/** Prints a report on standard output. */
export function printReport(report: Report, json: boolean): void {
  if (json) return printJson(report);
  console.log(table([
    ["table", report.table],
    ["columns", report.columns.join(", ")],
    [report.dry_run ? "would update" : "updated", `${report.updated} rows`],
    ["skipped", `${report.skipped} rows`],
    ...(report.foreign > 0 ? [foreignLine(report.foreign)] : []),
    ...(report.lookalikes ? [lookalikeLine(report.lookalikes)] : []),
    ["took", `${report.elapsed_ms} ms`],
    ["run", report.run_id],
  ]));
  for (const line of residueLines(report.residue ?? [])) printLine(line);
}

function foreignLine(count: number): [string, string] {
  return ["foreign", `${count} tokens of another SDK or key, left alone`];
}

function lookalikeLine(count: number): [string, string] {
  return ["lookalikes", `${count} texts that only look like tokens, left alone`];
}

/** Where old values are left: first what remains to be done, then, in one line, what is clean. */
function residueLines(residue: readonly ResiduePlace[]): string[] {
  if (residue.length === 0) return [];
  const isClean = ({ state }: ResiduePlace) => state === "none" || state === "cleared";
  const lines = residue.filter((each) => !isClean(each)).flatMap((each) => {
    const { place, state, command, detail } = each;
    const said = `  ${place}: ${state.replace("_", " ")}${
      detail === undefined ? "" : ` (${detail})`
    }`;
    return command === undefined ? [said] : [said, `    ${command}`];
  });
  const clean = residue.filter(isClean).map(({ place, state }) => `${place} (${state})`);
  const last = clean.length === 0 ? [] : [`  clean: ${clean.join(", ")}`];
  return ["old values elsewhere", ...lines, ...last];
}

/** Prints why a command failed: a sentence on standard error; for programs, the problem as well. */
export function printFailure(problem: Pick<Problem, "detail" | "code">, json: boolean): void {
  printError(`${problem.detail} (${problem.code})`);
  if (json) printJson(problem);
}

/** Prints a sentence on standard error. */
export function printError(sentence: string): void {
  console.error(`tokenize: ${oneLine(sentence)}`);
}

/** Prints one line of text on standard output. */
export function printLine(line: string): void {
  console.log(oneLine(line));
}

/** Prints a value as one line of JSON on standard output. */
export function printJson(value: unknown): void {
  console.log(oneLine(JSON.stringify(value)));
}

/** Two columns, aligned, a row a line. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => oneLine(`${name.padEnd(width)}  ${value}`)).join("\n");
}
