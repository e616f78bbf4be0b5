/** The report of a run: JSON for programs, a table for people. */
import type { Report } from "../action/trigger.ts";
import { counted, duration, grouped } from "../counted.ts";
import type { Operation } from "../run_options.ts";
import type { Warning } from "../platforms/warnings.ts";
import { UnwritableOutput } from "../standard_streams.ts";
import { MARKS } from "./marks.ts";
import { printError, printJson } from "./output.ts";
import { residueLines } from "./residue_lines.ts";
import { shellWord } from "./shell_word.ts";
import { type Line, printText, table, Whole } from "./text_lines.ts";

/**
 * Prints a report on standard output. If that cannot be written, the outcome goes to standard error.
 * Returns the exit code: what was committed is done, whether or not anybody could read of it.
 */
export function deliverReport(
  report: Report,
  json: boolean,
  operation: Operation = "tokenize",
): number {
  try {
    if (json) printJson(report);
    else printText(reportLines(report, operation));
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

function reportLines(report: Report, operation: Operation): Line[] {
  const restores = operation === "restore";
  const [did, would] = restores ? ["restored", "would restore"] : ["updated", "would update"];
  const counts = table([
    ["table", report.table],
    ["columns", report.columns.join(", ")],
    ["result", resultOf(report, operation)],
    [report.dry_run ? would! : did!, counted(report.updated, "row")],
    ["skipped", counted(report.skipped, "row")],
    ...(report.foreign > 0 ? [foreignLine(report.foreign)] : []),
    ...(report.foreign > 0 && !restores ? rotationLines(report) : []),
    ...(report.lookalikes ? [lookalikeLine(report.lookalikes)] : []),
    ...(report.warnings ?? []).map((each): [string, string] => ["warning", WARNING_TEXTS[each]]),
    ["took", duration(report.elapsed_ms)],
    ["run", report.run_id],
  ]);
  return [...counts, ...residueLines(report.residue ?? [])];
}

const DONE = { tokenize: "tokenized", rotate: "rotated", restore: "restored" } as const;

/** What came of it, in a word. A dry run never reads as if it had written. */
function resultOf({ dry_run: dryRun, updated }: Report, operation: Operation): string {
  if (dryRun) return `${MARKS.ok} dry run, nothing was changed`;
  if (updated === 0) return `${MARKS.ok} nothing to do`;
  return `${MARKS.ok} ${DONE[operation]}`;
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
function rotationLines({ dataset_urn: urn, columns }: Report): [string, string | Whole][] {
  if (columns.some((name) => name.includes(","))) return []; // --columns would read two names
  const dataset = `--urn ${shellWord(urn)} --columns ${shellWord(columns.join(","))}`;
  return [
    ["", "to replace them, if their SDK can read them back:"],
    ["", new Whole(`tokenize rotate ${dataset} --from SDK-OR-KEY-ID`)],
  ];
}

function lookalikeLine(count: number): [string, string] {
  return [
    "lookalikes",
    `${
      counted(count, "text that only looks like a token", "texts that only look like tokens")
    }, left alone`,
  ];
}
