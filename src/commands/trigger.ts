/** `tokenize trigger`: asks a running action to tokenize a dataset. */
import type { Job } from "../command.ts";
import { askAction } from "./ask_action.ts";
import { printFailure, printReport } from "./output.ts";

type TriggerJob = Extract<Job, { command: "trigger" }>;

/** Sends the trigger and prints what came of it. Gives the exit code. */
export async function trigger(
  { url, dataset, how, json }: TriggerJob,
  triggerToken: string | undefined,
  shutDown: AbortSignal,
): Promise<number> {
  const answer = await askAction({ url, triggerToken }, dataset, how, shutDown);
  if ("problem" in answer) {
    printFailure(answer.problem, json);
    return 1;
  }
  printReport(answer.report, json);
  return 0;
}
