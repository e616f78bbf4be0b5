/** Shows on the terminal how far the run is that a running action was asked for. */
import { delay } from "../async.ts";
import type { DatasetArguments } from "../command.ts";
import type { Run } from "../runs/run.ts";
import { type ActionAddress, authorization } from "./ask_action.ts";
import { displayProgress } from "./progress_bar.ts";

const ASK_EVERY_MS = 1000;

/**
 * Shows what `GET /runs` says of the run on the dataset, until `work` has ended. Gives the result of `work`.
 * An action that does not say, such as another replica without a shared history, makes no difference but that
 * only the time is shown.
 */
export async function showAskedRun<T>(
  address: ActionAddress,
  dataset: DatasetArguments,
  work: Promise<T>,
): Promise<T> {
  if (!Deno.stderr.isTerminal()) return await work;
  const display = displayProgress("waiting", { isDrawn: true });
  const over = new AbortController();
  const asking = ask(address, dataset, over.signal, display.show);
  try {
    return await work;
  } finally {
    over.abort();
    await asking;
    display.clear();
  }
}

async function ask(
  address: ActionAddress,
  dataset: DatasetArguments,
  over: AbortSignal,
  show: (progress: NonNullable<Run["progress"]>) => void,
): Promise<void> {
  try {
    while (true) {
      await delay(ASK_EVERY_MS, over);
      const run = await runningOn(address, dataset, over);
      if (run?.progress) show(run.progress);
    }
  } catch {
    // it is over, or the action does not say
  }
}

/** The run that is under way on the dataset: of several, only one can. Throws if the action does not say. */
async function runningOn(
  { url, triggerToken }: ActionAddress,
  { urn }: DatasetArguments,
  signal: AbortSignal,
): Promise<Run | undefined> {
  const { runPageSchema } = await import("../http/run_schemas.ts");
  const runs = new URL("/runs", url);
  runs.search = String(new URLSearchParams({ state: "running", dataset_urn: urn, limit: "1" }));
  const response = await fetch(runs, { headers: authorization(triggerToken), signal });
  const page = runPageSchema.parse(await response.json());
  return page.runs[0] as Run | undefined;
}
