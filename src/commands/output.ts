/** What commands print: JSON for programs, a table for people. Failures go to standard error. */
import { counted, grouped } from "../counted.ts";
import type { Report } from "../action/trigger.ts";
import type { Warning } from "../platforms/warnings.ts";
import type { Problem } from "../runs/run.ts";
import { type Failure, failureLine } from "./failure_line.ts";
import { oneLine } from "../one_line.ts";
import { MARKS, withColoredMark } from "./marks.ts";
import { residueLines } from "./residue_lines.ts";
import { shellWord } from "./shell_word.ts";
import { textWidth, UnwritableOutput, writeError, writeOutput } from "../standard_streams.ts";
import { type Line, table, Whole } from "./text_lines.ts";
import { wrap } from "./wrap.ts";

/**
 * Prints a report on standard output. If that cannot be written, the outcome goes to standard error.
 * Returns the exit code: what was committed is done, whether or not anybody could read of it. `restores`: it
 * is of values that were tokens.
 */
export function deliverReport(report: Report, json: boolean, restores = false): number {
  try {
    if (json) printJson(report);
    else printText(reportLines(report, restores));
    return 0;
  } catch (error) {
    if (!(error instanceof UnwritableOutput)) throw error;
    const reason = `Cannot write the report to standard output: ${error.message}`;
    printError(`${reason}; ${outcome(report)}`);
    return report.dry_run ? 1 : 0;
  }
}

/** What the report says, in a few words. */
function outcome({ dry_run: dryRun, table, updated, skipped }: Report): string {
  return dryRun
    ? `the dry run on ${table} was done: ${counted(updated, "row")} would be updated, ${
      grouped(skipped)
    } skipped`
    : `the run on ${table} was done: ${counted(updated, "row")} updated, ${
      grouped(skipped)
    } skipped`;
}

function reportLines(report: Report, restores: boolean): Line[] {
  const [did, would] = restores ? ["restored", "would restore"] : ["updated", "would update"];
  const counts = table([
    ["table", report.table],
    ["columns", report.columns.join(", ")],
    ["result", resultOf(report, restores)],
    [report.dry_run ? would! : did!, counted(report.updated, "row")],
    ["skipped", counted(report.skipped, "row")],
    ...(report.foreign > 0 ? [foreignLine(report.foreign)] : []),
    ...(report.foreign > 0 && !restores ? rotationLine(report) : []),
    ...(report.lookalikes ? [lookalikeLine(report.lookalikes)] : []),
    ...(report.warnings ?? []).map((each): [string, string] => ["warning", WARNING_TEXTS[each]]),
    ["took", `${report.elapsed_ms} ms`],
    ["run", report.run_id],
  ]);
  return [...counts, ...residueLines(report.residue ?? [])];
}

/** What came of it, in a word. A dry run never reads as if it had written. */
function resultOf({ dry_run: dryRun, updated }: Report, restores: boolean): string {
  if (dryRun) return `${MARKS.ok} dry run, nothing was changed`;
  if (updated === 0) return `${MARKS.ok} nothing to do`;
  return `${MARKS.ok} ${restores ? "restored" : "tokenized"}`;
}

/** What each warning says to a person. */
export const WARNING_TEXTS: Readonly<Record<Warning, string>> = {
  sync_standby_wait_cancelled: "committed, but a synchronous standby has not confirmed it",
  server_warning: "the database server warned of something, see its log",
  dummy_tokens: "anybody can read these tokens back: TOKEN_SDK_MODE is dummy",
};

function foreignLine(count: number): [string, string] {
  return ["foreign", `${counted(count, "token")} of another SDK or key, left alone`];
}

/** The command that replaces foreign tokens; whose they are, only the caller may know. */
function rotationLine({ dataset_urn: urn, columns }: Report): [string, Whole][] {
  if (columns.some((name) => name.includes(","))) return []; // --columns would read two names
  const dataset = `--urn ${shellWord(urn)} --columns ${shellWord(columns.join(","))}`;
  return [["", new Whole(`tokenize rotate ${dataset} --from SDK-OR-KEY-ID`)]];
}

function lookalikeLine(count: number): [string, string] {
  return [
    "lookalikes",
    `${
      counted(count, "text that only looks like a token", "texts that only look like tokens")
    }, left alone`,
  ];
}

/**
 * Prints why a command failed: a sentence on standard error; for programs, the problem as well. With
 * `datasetUrn` both say which of many datasets it is about.
 */
export function printFailure(
  problem: Pick<Problem, "detail" | "code">,
  json: boolean,
  known: Pick<Failure, "facts" | "address"> = {},
  datasetUrn?: string,
): void {
  const { detail, code } = problem;
  const line = failureLine({ detail, code, ...known });
  printError(datasetUrn === undefined ? line : `${datasetUrn}: ${line}`);
  const document = datasetUrn === undefined ? problem : { dataset_urn: datasetUrn, ...problem };
  if (json) printIfPossible(() => printJson(document));
}

/** Prints what the exit code or standard error says, too: that standard output is full changes neither. */
export function printIfPossible(print: () => void): void {
  try {
    print();
  } catch (error) {
    if (!(error instanceof UnwritableOutput)) throw error;
    printUnwritable(error);
  }
}

/** Says why there is no output, unless its reader wanted no more of it. */
export function printUnwritable({ isClosed, message }: UnwritableOutput): void {
  if (!isClosed) printError(`Cannot write to standard output: ${message}`);
}

/** Prints a sentence on standard error. Never throws. */
export function printError(sentence: string): void {
  writeError(`tokenize: ${oneLine(sentence)}\n`);
}

/** Prints lines as they are on standard output. Throws `UnwritableOutput`. */
export function printLines(lines: readonly string[]): void {
  writeOutput(lines.map((line) => `${oneLine(line)}\n`).join(""));
}

/**
 * Prints a result for a person on standard output: on a terminal not wider than that, and with marks in
 * color if they are to have one. Throws `UnwritableOutput`.
 */
export function printText(lines: readonly Line[]): void {
  const width = textWidth();
  const fitting = lines.flatMap((line) =>
    line instanceof Whole ? [oneLine(line.text)] : wrap(oneLine(line), width)
  );
  writeOutput(fitting.map((line) => `${withColoredMark(line)}\n`).join(""));
}

/** Prints a value as one line of JSON on standard output. Throws `UnwritableOutput`. */
export function printJson(value: unknown): void {
  printLines([JSON.stringify(value)]);
}
