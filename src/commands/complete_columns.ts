/** What a shell offers for `--columns`: the columns of the dataset that is typed already. */
import type { CompleteColumnsCommand } from "../command.ts";
import {
  maySuggestFor,
  requireTableAllowed,
  requireUrnAllowed,
} from "../datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import type { Platform } from "../platforms/platform.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { printLines } from "./output.ts";

/** Nobody waits longer for a completion. */
const TIMEOUT_MS = 3000;
/** What cannot be typed between the commas of `--columns`, or would end a line. */
const UNTYPABLE = /[,()"'\\`$*?[\]]|\p{Cc}|^\s|\s$/u;

/** What the command works with. */
export interface CompleteColumnsDependencies {
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly knownPlatforms: ReadonlyMap<string, string>;
  readonly allowedDatasets: readonly string[] | undefined;
}

/** Prints the words that the one at the cursor may become, one a line. Returns the exit code; says no errors. */
export async function completeColumns(
  { urn, current }: CompleteColumnsCommand,
  { platforms, knownPlatforms, allowedDatasets }: CompleteColumnsDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  try {
    const dataset = parseDatasetUrn(urn);
    requireUrnAllowed(dataset, allowedDatasets);
    const platform = selectPlatform(dataset, platforms, knownPlatforms);
    const signal = AbortSignal.any([shutDown, AbortSignal.timeout(TIMEOUT_MS)]);
    const maySuggest = maySuggestFor(dataset, allowedDatasets);
    const table = await platform.listColumns?.(dataset, { signal, maySuggest });
    if (table === undefined) return 0;
    requireTableAllowed(dataset, allowedDatasets, table);
    printLines(completions(current, table.columns));
    return 0;
  } catch {
    return 1; // the shell would show a message in the middle of what is typed
  } finally {
    await Promise.all([...platforms.values()].map((platform) => platform.close()));
  }
}

/** `email,ph` becomes `email,phone`: names that are in the list already are not offered again. */
export function completions(current: string, names: readonly string[]): string[] {
  const end = current.lastIndexOf(",") + 1;
  const [before, begun] = [current.slice(0, end), current.slice(end).toLowerCase()];
  const listed = new Set(before.split(","));
  return names
    .filter((name) => !UNTYPABLE.test(name) && !listed.has(name))
    .filter((name) => name.toLowerCase().startsWith(begun))
    .map((name) => before + name);
}
