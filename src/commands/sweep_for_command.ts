/** One sweep for a command: with the sandbox's signals, its failures printed, its connections closed. */
import { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { aborted } from "../async.ts";
import type { Config } from "../config.ts";
import type { PlannedDataset } from "../datahub/loop/plan_document.ts";
import type { DatahubMode } from "../datahub/settings.ts";
import { signalExitCode } from "../stop_signals.ts";
import { openRuns } from "./open_runs.ts";
import { printError } from "./output.ts";

/** What a command may choose. */
export interface SweepChoices {
  /** What is done, if less than DATAHUB_MODE allows. */
  readonly mode?: DatahubMode;
  /** Whether nothing is reported to DataHub. */
  readonly isPlan?: boolean;
}

/** The datasets in the order of their turns, or the exit code if there was no sweep. */
export type SweptForCommand =
  | { readonly datasets: readonly PlannedDataset[] }
  | { readonly exitCode: number };

/** Sweeps once. A signal to stop ends it, and the runs under way. */
export async function sweepForCommand(
  config: Config,
  action: ActionDependencies,
  choices: SweepChoices,
  shutDown: AbortSignal,
): Promise<SweptForCommand> {
  const { openGms } = await import("../datahub/gms/gms.ts");
  const { GmsError } = await import("../datahub/gms/gms_error.ts");
  const { Journal } = await import("../datahub/loop/journal.ts");
  const { plannedDataset } = await import("../datahub/loop/plan_document.ts");
  const { sweepOnce } = await import("../datahub/loop/sweep_once.ts");
  const { openReports } = await import("../datahub/report/open_reports.ts");
  const { SILENT_REPORTER } = await import("../datahub/report/reporter.ts");
  const { tokenSourceOf } = await import("../datahub/loop/token_source.ts");
  const settings = config.datahub!;
  const gms = openGms(settings.gms);
  const registry = new RunRegistry();
  const runs = await openRuns(config, action, registry);
  void aborted(shutDown).then(() => registry.drain(0, `${shutDown.reason} was received`));
  const datasets: PlannedDataset[] = [];
  const { mode = settings.mode } = choices;
  // a program that serves has a journal of its own, which nobody else may write
  const journal = new Journal(gms, `${settings.consumer}-sweep`);
  const tokenSource = tokenSourceOf(action, config.tokenSdk.mode);
  const reporter = choices.isPlan ? SILENT_REPORTER : openReports({
    gms,
    settings,
    tokenSource,
    observe: action.observe,
    failuresToIncident: 1,
  }).reporter;
  const { purgeProfiles } = settings;
  const { isPlan: findsObstacles = false } = choices;
  const findsLooks = findsObstacles || settings.mode === "approve";
  const deps = {
    gms,
    action,
    runs,
    mode,
    reporter,
    journal,
    purgeProfiles,
    findsLooks,
    findsObstacles,
    settings,
  };
  try {
    await sweepOnce(
      deps,
      (swept) => datasets.push(plannedDataset(swept, settings.mode)),
      shutDown,
    );
    return { datasets };
  } catch (error) {
    if (shutDown.aborted) return { exitCode: signalExitCode(shutDown.reason) };
    if (!(error instanceof GmsError)) throw error;
    printError(error.message);
    return { exitCode: 1 };
  } finally {
    await journal.flush();
    await runs.close();
    await Promise.all([...action.platforms.values()].map((platform) => platform.close()));
  }
}
