/** `tokenize trigger`: asks a running action to tokenize a dataset. */
import type { TriggerCommand } from "../command.ts";
import { askAction } from "./ask_action.ts";
import { problemExitCode } from "../exit_codes.ts";
import { deliverReport } from "./deliver_report.ts";
import { printFailure } from "./output.ts";

/** Sends the trigger and prints the report or the problem. Returns the exit code. */
export async function trigger(
  { url, dataset, options, json }: TriggerCommand<string>,
  triggerToken: string | undefined,
  shutDown: AbortSignal,
): Promise<number> {
  const outcome = await askAction({ url, triggerToken }, dataset, options, shutDown);
  if ("problem" in outcome) {
    printFailure(outcome.problem, json);
    return problemExitCode(outcome.problem.code, shutDown);
  }
  return deliverReport(outcome.report, json);
}
