/** Renders the Helm chart with given values. */
import { stringify } from "yaml";
import type { Values } from "./chart_values.ts";
import { CHART, type Outcome, runTool } from "./judges.ts";

/** What `helm template` makes of the chart, or why it refuses. */
export async function render(values: Values, ...more: string[]): Promise<Outcome> {
  return await withValues(
    values,
    (file) =>
      runTool("helm", [
        "template",
        "tokenize-action",
        CHART,
        "--namespace=data",
        `--values=${file}`,
        ...more,
      ]),
  );
}

/** Gives values to `use` as a file. */
export async function withValues<T>(values: Values, use: (file: string) => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, stringify(values));
    return await use(file);
  } finally {
    await Deno.remove(file);
  }
}
