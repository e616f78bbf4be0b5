/** `tokenize smoke`: triggers each dataset twice, and fails if a second run updates anything. */
import { counted, duration, grouped } from "../counted.ts";
import type { DatasetArguments, SmokeCommand } from "../command.ts";
import { DEFAULT_RUN_OPTIONS } from "../run_options.ts";
import { problemExitCode } from "../exit_codes.ts";
import { failureExitCode } from "../stop_signals.ts";
import { MARKS } from "./marks.ts";
import { failureLine } from "./failure_line.ts";
import { printError, printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";
import { type ActionAddress, askAction, type Outcome } from "./ask_action.ts";

/** One dataset's two runs, and what is wrong with them. */
interface SmokeResult {
  readonly dataset_urn: string;
  readonly runs: readonly Outcome[];
  readonly fault: string | undefined;
}

/** Runs the test, one dataset after the other. Gives the exit code. */
export async function smoke(
  { url, datasets, json }: SmokeCommand<string>,
  triggerToken: string | undefined,
  shutDown: AbortSignal,
): Promise<number> {
  const failures: number[] = [];
  for (const dataset of datasets) {
    if (shutDown.aborted) return failureExitCode(shutDown);
    const result = await triggerTwice({ url, triggerToken }, dataset, shutDown);
    if (result.fault !== undefined) failures.push(exitCodeOf(result, shutDown));
    if (json && result.fault !== undefined) printError(`${dataset.urn}: ${result.fault}`);
    printIfPossible(() => json ? printJson(result) : printText(linesOf(result)));
  }
  if (shutDown.aborted && failures.length > 0) return failureExitCode(shutDown);
  return failures.length === 0 ? 0 : Math.min(...failures); // 1 if any failed other than by wrong usage
}

function exitCodeOf({ runs }: SmokeResult, shutDown: AbortSignal): number {
  const last = runs.at(-1)!;
  return "problem" in last
    ? problemExitCode(last.problem.code, shutDown)
    : failureExitCode(shutDown);
}

async function triggerTwice(
  address: ActionAddress,
  dataset: DatasetArguments,
  shutDown: AbortSignal,
): Promise<SmokeResult> {
  const runs: Outcome[] = [];
  for (let i = 0; i < 2; i++) {
    const outcome = await askAction(address, dataset, DEFAULT_RUN_OPTIONS, shutDown);
    runs.push(outcome);
    if ("problem" in outcome) {
      return { dataset_urn: dataset.urn, runs, fault: failureLine(outcome.problem) };
    }
  }
  const second = runs[1]!;
  const again = "report" in second ? second.report.updated : 0;
  const fault = again === 0
    ? undefined
    : `the second run updated ${counted(again, "row")}, but should find nothing to update`;
  return { dataset_urn: dataset.urn, runs, fault };
}

function linesOf({ dataset_urn, runs, fault }: SmokeResult): string[] {
  const counts = runs.flatMap((run, i) => {
    if (!("report" in run)) return [];
    const { updated, skipped, elapsed_ms: elapsedMs } = run.report;
    return [
      `  run ${i + 1}: ${grouped(updated)} updated, ${grouped(skipped)} skipped, ${
        duration(elapsedMs)
      }`,
    ];
  });
  const verdict = fault === undefined
    ? `${MARKS.ok} the second run updated nothing`
    : `${MARKS.failed} ${fault}`;
  return [dataset_urn, ...counts, `  ${verdict}`];
}
