/** `tokenize run`: tokenizes a dataset once, without a server. */
import { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { toServiceError } from "../errors.ts";
import { toProblem } from "../http/problem.ts";
import type { RunCommand } from "../command.ts";
import { aborted } from "../async.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { problemExitCode } from "../exit_codes.ts";
import { openRuns, type RunSettings } from "./open_runs.ts";
import { deliverReport, printFailure } from "./output.ts";
import { progressBar } from "./progress_bar.ts";

/** Runs it. A signal to stop ends it at once, unless it is done by then. Returns the exit code. */
export async function runOnce(
  { dataset, options, quiet, json }: Pick<RunCommand, "dataset" | "options" | "quiet" | "json">,
  settings: RunSettings,
  deps: ActionDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const registry = new RunRegistry();
  const runs = await openRuns(settings, deps, registry);
  const runId = crypto.randomUUID();
  const bar = progressBar(!quiet);
  try {
    const trigger = { datasetUrn: dataset.urn, columns: dataset.columns, ...options };
    const cause = { kind: "cli", actor: null } as const;
    const { report } = await runs.start({ trigger, cause, runId, onProgress: bar.show });
    void aborted(shutDown).then(() => {
      if (registry.size === 0) return;
      bar.clear();
      deps.observe({ event: "run_ending", runId, signal: String(shutDown.reason) });
      void registry.drain(0, `${shutDown.reason} was received`);
    });
    const done = await report;
    bar.clear();
    return deliverReport(done, json);
  } catch (error) {
    bar.clear();
    const failure = toServiceError(error);
    const problem = toProblem(failure, runId);
    const { facts } = failure;
    printFailure(problem, json, { facts, address: addressFor(dataset.urn, deps) });
    return problemExitCode(problem.code, shutDown);
  } finally {
    await runs.close();
    await Promise.all([...deps.platforms.values()].map((platform) => platform.close()));
  }
}

/** What the run was connected to; undefined if no connection is for the dataset. */
function addressFor(urn: string, deps: ActionDependencies): string | undefined {
  try {
    return selectPlatform(parseDatasetUrn(urn), deps.platforms, deps.knownPlatforms).address;
  } catch {
    return undefined; // that is what failed
  }
}
