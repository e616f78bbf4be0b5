/** `tokenize run`: tokenizes a dataset once, without a server. */
import { RunRegistry } from "../action/run_registry.ts";
import { type ActionDependencies, tokenizeDataset } from "../action/tokenize_dataset.ts";
import { toServiceError } from "../errors.ts";
import { toProblem } from "../http/problem.ts";
import type { RunCommand } from "../command.ts";
import { printFailure, printReport } from "./output.ts";
import { progressBar } from "./progress_bar.ts";

/** Runs it. A signal to stop rolls it back at once. Returns the exit code. */
export async function runOnce(
  { dataset, options, json }: Omit<RunCommand, "name">,
  deps: ActionDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const runs = new RunRegistry();
  shutDown.addEventListener("abort", () => void runs.drain(0), { once: true });
  const runId = crypto.randomUUID();
  const bar = progressBar();
  try {
    const trigger = { datasetUrn: dataset.urn, columns: dataset.columns, ...options };
    const report = await runs.start((signal) =>
      tokenizeDataset(trigger, deps, { runId, signal, onProgress: bar.show })
    );
    bar.clear();
    printReport(report, json);
    return 0;
  } catch (error) {
    bar.clear();
    printFailure(toProblem(toServiceError(error), runId), json);
    return 1;
  } finally {
    await Promise.all([...deps.platforms.values()].map((platform) => platform.close()));
  }
}
