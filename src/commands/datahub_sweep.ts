/** `tokenize datahub sweep`: deals with each tagged dataset once, for those who schedule it themselves. */
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { counted } from "../counted.ts";
import type { DatahubSweepCommand } from "../command.ts";
import type { Config } from "../config.ts";
import type { PlannedDataset } from "../datahub/loop/plan_document.ts";
import { printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";
import { sweepForCommand } from "./sweep_for_command.ts";

const NOT_DONE: readonly PlannedDataset["state"][] = ["unread", "failed", "refused"];

/** Prints what came of each dataset. Returns the exit code: 1 if one could not be dealt with. */
export async function sweepDatahub(
  { json }: DatahubSweepCommand,
  config: Config,
  action: ActionDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const swept = await sweepForCommand(config, action, {}, shutDown);
  if ("exitCode" in swept) return swept.exitCode;
  const { datasets } = swept;
  printIfPossible(() => {
    if (json) printJson({ datasets });
    else printText(datasets.map(lineOf));
  });
  return datasets.some(({ state }) => NOT_DONE.includes(state)) ? 1 : 0;
}

function lineOf({ dataset_urn, state, rows, problem }: PlannedDataset): string {
  const size = rows === null ? "" : `, ${counted(rows, "row")}`;
  const why = problem === null ? "" : `: ${problem.detail} (${problem.code})`;
  return `${dataset_urn}: ${state.replaceAll("_", " ")}${size}${why}`;
}
