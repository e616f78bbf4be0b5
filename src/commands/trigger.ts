/** `tokenize trigger`: asks a running action to tokenize a dataset. */
import type { TriggerCommand } from "../command.ts";
import { askAction } from "./ask_action.ts";
import { problemExitCode } from "../exit_codes.ts";
import { deliverReport } from "./deliver_report.ts";
import { printFailure } from "./output.ts";
import { showAskedRun } from "./show_asked_run.ts";

/** Sends the trigger and prints the report or the problem. Returns the exit code. */
export async function trigger(
  { url, dataset, options, json }: TriggerCommand<string>,
  triggerToken: string | undefined,
  shutDown: AbortSignal,
): Promise<number> {
  const address = { url, triggerToken };
  const asked = askAction(address, dataset, options, shutDown);
  const outcome = await showAskedRun(address, dataset, asked);
  if ("problem" in outcome) {
    printFailure(outcome.problem, json);
    return problemExitCode(outcome.problem.code, shutDown);
  }
  return deliverReport(outcome.report, json);
}
