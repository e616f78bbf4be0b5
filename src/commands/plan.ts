/** `tokenize plan`: what runs would do, what stands in their way, and what they cost. It changes nothing. */
import { planDataset } from "../action/plan_dataset.ts";
import type { ColumnInPlan, DatasetPlan, EstimateInPlan } from "../action/plan_document.ts";
import { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { aborted, pool } from "../async.ts";
import type { PlanCommand, RunRequest } from "../command.ts";
import { counted, duration, grouped } from "../counted.ts";
import { USAGE_EXIT_CODE, USAGE_FAULTS } from "../exit_codes.ts";
import { toServiceError } from "../errors.ts";
import type { ResiduePlace } from "../platforms/residue.ts";
import { failureExitCode } from "../stop_signals.ts";
import { formsInWords } from "./forms_in_words.ts";
import { MARKS } from "./marks.ts";
import { printError, printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";
import { isClean, leftLine } from "./residue_lines.ts";
import { closeAll } from "./run.ts";

/**
 * Prints the plan for each dataset, in their order. Returns the exit code: 1 if something stands in the way
 * of one of them, 2 if that is wrong usage or configuration alone.
 */
export async function printPlans(
  command: PlanCommand,
  deps: ActionDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const { runs, parallel, json } = command;
  const registry = new RunRegistry();
  void aborted(shutDown).then(() => registry.drain(0, `${shutDown.reason} was received`));
  const plans: DatasetPlan[] = [];
  try {
    await pool(parallel, runs.entries(), async ([i, run]) => {
      plans[i] = await registry.start((signal) => plan(run, command, deps, signal));
    });
  } catch (error) {
    printError(toServiceError(error).message);
    return failureExitCode(shutDown);
  } finally {
    await closeAll(deps);
  }
  printIfPossible(() => {
    if (json) printJson({ datasets: plans });
    else printText(plans.flatMap((each, i) => [...(i === 0 ? [] : [""]), ...linesOf(each)]));
  });
  return exitCodeOf(plans);
}

function plan(
  { dataset: { urn: datasetUrn, columns }, options }: RunRequest,
  { showShapes }: PlanCommand,
  deps: ActionDependencies,
  signal: AbortSignal,
): Promise<DatasetPlan> {
  const trigger = { ...options, dryRun: true, datasetUrn, columns, showShapes };
  return planDataset(trigger, deps, { signal });
}

function exitCodeOf(plans: readonly DatasetPlan[]): number {
  const obstacles = plans.flatMap(({ obstacles }) => obstacles);
  if (obstacles.length === 0) return 0;
  return obstacles.every(({ code }) => USAGE_FAULTS.has(code)) ? USAGE_EXIT_CODE : 1;
}

function linesOf(plan: DatasetPlan): string[] {
  const { table, dataset_urn, obstacles, untried = [], rows, would_update, residue, estimate } =
    plan;
  const mark = obstacles.length === 0 ? MARKS.ok : MARKS.failed;
  const counts = rows === null
    ? "not counted"
    : `${grouped(would_update ?? 0)} of ${counted(rows, "row")}`;
  const verdict = obstacles.length > 0
    ? `cannot be tokenized${rows === null ? "" : `, ${counts} to update`}`
    : rows === null
    ? counts
    : `${counts} would be updated`;
  return [
    `${mark} ${table ?? dataset_urn}: ${verdict}`,
    ...columnLines(plan),
    ...obstacles.map(({ code, detail }) => `  ${MARKS.failed} ${detail} (${code})`),
    ...untried.map((each) =>
      `  ${MARKS.not_checked} not tried, as the role may not read it: ${each}`
    ),
    ...methodLines(plan),
    ...(estimate === null ? [] : estimateLines(estimate)),
    ...residueLines(residue),
  ];
}

/** A table of the columns; below each its shapes, if they were asked for. */
function columnLines({ columns, token_prefix }: DatasetPlan): string[] {
  if (columns.length === 0) return [];
  const header = ["column", "type", "NULL", "to change", "tokens", "values look like"];
  const rows = columns.map((column) => [
    column.name,
    column.type,
    grouped(column.nulls),
    grouped(column.would_change),
    tokensInWords(column),
    column.looks_like === null ? "–" : formsInWords(column.looks_like),
  ]);
  const lines = aligned([header, ...rows]);
  const shapes = columns.map(({ shapes = [] }) =>
    shapes.map(({ shape }) => `    ${shape} → ${token_prefix ?? ""}…`)
  );
  return [lines[0]!, ...lines.slice(1).flatMap((line, i) => [line, ...shapes[i]!])];
}

function tokensInWords(
  { tokens: { own, other_key, other_sdk, lookalikes } }: ColumnInPlan,
): string {
  const parts = [
    own > 0 ? `${grouped(own)} own` : "",
    other_key > 0 ? `${grouped(other_key)} of another key` : "",
    other_sdk > 0 ? `${grouped(other_sdk)} of another SDK` : "",
    lookalikes === null || lookalikes === 0 ? "" : `${grouped(lookalikes)} only look like it`,
  ];
  return parts.filter(Boolean).join(", ") || "–";
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")}`.trimEnd()
  );
}

const METHOD_NAMES = {
  client: "this program makes the tokens (client)",
  pushdown: "the database makes the tokens (pushdown)",
  rewrite: "the table is rebuilt with tokens (rewrite)",
} as const;

function methodLines({ method, other_methods }: DatasetPlan): string[] {
  if (method === null) return [];
  const others = other_methods.map(({ method, reason }) => `      not ${method}: ${reason}`);
  return [`  how   ${METHOD_NAMES[method]}`, ...others];
}

function estimateLines({ seconds, disk_bytes, wal_bytes, basis }: EstimateInPlan): string[] {
  const log = wal_bytes === null ? "" : `, ${bytes(wal_bytes)} of write-ahead log`;
  return [
    `  cost  about ${duration(1000 * Math.max(1, seconds))}, ${
      bytes(disk_bytes)
    } of disk${log}, estimated from this:`,
    ...basis.map((each) => `      ${each}`),
  ];
}

function residueLines(residue: readonly ResiduePlace[]): string[] {
  const left = residue.filter((each) => !isClean(each));
  if (left.length === 0) return [];
  return [
    "  old values will be left in",
    ...left.map((each) => `      ${leftLine(each)}`),
  ];
}

function bytes(number: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit++;
  }
  return `${number < 10 && unit > 0 ? number.toFixed(1) : Math.round(number)} ${units[unit]}`;
}
