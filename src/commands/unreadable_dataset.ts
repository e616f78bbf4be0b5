/** Datasets that no action can know: found out here, before anything is started, asked or connected to. */
import type { Command, DatasetArguments } from "../command.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { toServiceError } from "../errors.ts";
import { toProblem } from "../http/problem.ts";
import type { Problem } from "../runs/run.ts";
import { printFailure } from "./output.ts";

/** Why the URN or the columns cannot be read, as an action would say it; undefined if they can. */
export function unreadableDataset({ urn, columns }: DatasetArguments): Problem | undefined {
  try {
    parseColumns(columns, parseDatasetUrn(urn));
    return undefined;
  } catch (error) {
    return toProblem(toServiceError(error));
  }
}

/**
 * Prints what is wrong with the first such dataset that a job of this process would be on; gives whether there
 * is one. `plan` has it in its document, and those who ask an action in the place of the action's response.
 */
export function reportUnreadable(command: Command): boolean {
  const problem = jobsOf(command).map(unreadableDataset).find((each) => each !== undefined);
  if (problem === undefined) return false;
  printFailure(problem, "json" in command && command.json);
  return true;
}

function jobsOf(command: Command): readonly DatasetArguments[] {
  switch (command.name) {
    case "run":
      return command.runs.map(({ dataset }) => dataset);
    case "verify":
      return command.datasets;
    case "rotate":
    case "restore":
      return [command.dataset];
    case "doctor":
      return command.dataset === undefined ? [] : [command.dataset];
    default:
      return [];
  }
}
