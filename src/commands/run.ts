/** `tokenize run`: tokenizes datasets once, without a server. */
import { RunRegistry } from "../action/run_registry.ts";
import { type ActionDependencies, operationOf } from "../action/tokenize_dataset.ts";
import type { CommandLog } from "../observations.ts";
import { toServiceError } from "../errors.ts";
import { toProblem } from "../http/problem.ts";
import type { RunCommand, RunRequest } from "../command.ts";
import { counted } from "../counted.ts";
import { aborted, pool } from "../async.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { problemExitCode } from "../exit_codes.ts";
import type { RunService } from "../runs/run_service.ts";
import { failureExitCode } from "../stop_signals.ts";
import type { Config } from "../config.ts";
import { openRuns, type RunSettings } from "./open_runs.ts";
import { deliverReport } from "./deliver_report.ts";
import { printError, printFailure, printIfPossible, printLines } from "./output.ts";
import { displayProgress } from "./progress_bar.ts";

/** What commands that do runs take from the settings. */
export type RunCommandSettings = RunSettings & Pick<Config, "log">;

/** Does the runs, one after the other or several at once. Returns the exit code. */
export async function run(
  command: RunCommand,
  settings: RunCommandSettings,
  deps: CommandDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const { runs, file, parallel, quiet, json } = command;
  if (file === undefined) {
    return await runOnce({ ...runs[0]!, quiet, json }, settings, deps, shutDown);
  }
  const failures: number[] = [];
  let begun = 0;
  await withRuns(settings, deps, shutDown, (place) =>
    pool(parallel, runs, async (request) => {
      if (shutDown.aborted) return;
      // reports on a terminal are set apart from each other
      if (begun++ > 0 && !json && parallel === 1) printIfPossible(() => printLines([""]));
      const shown = { quiet, json, isOneOfMany: true, isOneOfSeveral: parallel > 1 };
      const exitCode = await oneRun(request, shown, place);
      if (exitCode !== 0) failures.push(exitCode);
    }));
  if (begun < runs.length) printError(`${counted(runs.length - begun, "run")} did not begin`);
  if (shutDown.aborted) return failureExitCode(shutDown);
  return failures.length === 0 ? 0 : Math.min(...failures); // 1 if any failed other than by wrong usage
}

/** Does one run. A signal to stop ends it at once, unless it is done by then. Returns the exit code. */
export async function runOnce(
  { dataset, options, quiet, json }: RunRequest & Pick<RunCommand, "quiet" | "json">,
  settings: RunCommandSettings,
  deps: CommandDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const shown = { quiet, json, isOneOfMany: false, isOneOfSeveral: false };
  return await withRuns(
    settings,
    deps,
    shutDown,
    (place) => oneRun({ dataset, options }, shown, place),
  );
}

/** What a command adds to the action. */
export interface CommandDependencies
  extends ActionDependencies, Pick<CommandLog, "hasSaidFailure"> {
  /** Where receipts go; absent if none are wanted. */
  readonly keepReceipt?: ((receipt: string) => void) | undefined;
}

/** How a run is shown. */
interface Shown extends Pick<RunCommand, "quiet" | "json"> {
  readonly isOneOfMany: boolean;
  /** Whether others are under way with it. */
  readonly isOneOfSeveral: boolean;
}

/** What runs work with. */
interface Place {
  readonly settings: RunCommandSettings;
  readonly service: RunService;
  readonly registry: RunRegistry;
  readonly deps: CommandDependencies;
  readonly shutDown: AbortSignal;
}

/** Opens what runs work with, and closes it after `work`. */
async function withRuns<T>(
  settings: RunCommandSettings,
  deps: CommandDependencies,
  shutDown: AbortSignal,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const registry = new RunRegistry();
  const service = await openRuns(settings, deps, registry);
  try {
    return await work({ settings, service, registry, deps, shutDown });
  } finally {
    await service.close();
    await closeAll(deps);
  }
}

async function oneRun(
  { dataset, options }: RunRequest,
  { quiet, json, isOneOfMany, isOneOfSeveral }: Shown,
  { service, registry, settings, deps, shutDown }: Place,
): Promise<number> {
  const runId = crypto.randomUUID();
  const operation = operationOf(deps);
  const work = options.dryRun ? "counting" : WORKS[operation];
  const bar = displayProgress(work, {
    isDrawn: !quiet && !isOneOfSeveral,
    log: { runId, format: settings.log.format, observe: deps.observe },
  });
  let isOver = false;
  let isStarted = false; // until then, what fails is not the dataset's own connection
  try {
    const trigger = { datasetUrn: dataset.urn, columns: dataset.columns, ...options };
    const cause = { kind: "cli", actor: null } as const;
    const { report } = await service.start({ trigger, cause, runId, onProgress: bar.show });
    isStarted = true;
    void aborted(shutDown).then(() => {
      if (isOver) return;
      bar.clear();
      deps.observe({ event: "run_ending", runId, signal: String(shutDown.reason) });
      void registry.drain(0, `${shutDown.reason} was received`);
    });
    const done = await report;
    bar.clear();
    return deliverReport(done, json, operation);
  } catch (error) {
    bar.clear();
    const failure = toServiceError(error);
    const problem = toProblem(failure, runId);
    const isLogged = deps.hasSaidFailure(dataset.urn);
    const address = isStarted ? addressFor(dataset.urn, deps) : undefined;
    const known = { facts: failure.facts, address, isLogged };
    printFailure(problem, json, known, isOneOfMany ? dataset.urn : undefined);
    return problemExitCode(problem.code, shutDown);
  } finally {
    isOver = true;
    // a run that did not begin has none
    if (deps.keepReceipt) await service.receipts?.document(runId).then(deps.keepReceipt, () => {});
  }
}

const WORKS = { tokenize: "tokenizing", rotate: "rotating", restore: "restoring" } as const;

/** Closes every connection. */
export async function closeAll({ platforms }: ActionDependencies): Promise<void> {
  await Promise.all([...platforms.values()].map((platform) => platform.close()));
}

/** What the run was connected to; undefined if no connection is for the dataset. */
function addressFor(urn: string, deps: ActionDependencies): string | undefined {
  try {
    return selectPlatform(parseDatasetUrn(urn), deps.platforms, deps.knownPlatforms).address;
  } catch {
    return undefined; // that is what failed
  }
}
