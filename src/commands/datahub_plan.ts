/** `tokenize datahub plan`: what would be done about each tagged dataset. It changes nothing. */
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { DatahubPlanCommand } from "../command.ts";
import type { Config } from "../config.ts";
import type { PlannedDataset } from "../datahub/loop/plan_document.ts";
import { looksInWords } from "./forms_in_words.ts";
import { MARKS } from "./marks.ts";
import { printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";
import { sweepForCommand } from "./sweep_for_command.ts";

/** Prints a line for each dataset, or one JSON document. Returns the exit code. */
export async function planDatahub(
  { json }: DatahubPlanCommand,
  config: Config,
  action: ActionDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const swept = await sweepForCommand(config, action, { mode: "observe", isPlan: true }, shutDown);
  if ("exitCode" in swept) return swept.exitCode;
  const { datasets } = swept;
  printIfPossible(() => {
    if (json) printJson({ datasets });
    else printText(datasets.flatMap(linesOf));
  });
  return datasets.some(({ state }) => state === "unread" || state === "failed") ? 1 : 0;
}

const NEXT = {
  tokenize: "would be tokenized",
  approve: "waits for an approval",
  observe: "counted",
};

function linesOf(dataset: PlannedDataset): string[] {
  const { dataset_urn, state, columns, rows, downstream, problem, obstacles } = dataset;
  const counted = rows === null ? state.replaceAll("_", " ") : `${rows} rows to do`;
  const lines = columns.flatMap(({ name, next, reasons, looks_like }) => {
    const why = reasons.map(({ label, actor, derived }) =>
      `${label}${actor === null ? "" : ` by ${actor}`}${derived ? ", derived by a program" : ""}`
    );
    const said = `  ${name}: ${NEXT[next]} (${why.join("; ")})`;
    return looks_like === null ? [said] : [said, `    ${looksInWords(looks_like)}`];
  });
  const problems = obstacles.length > 0 ? obstacles : problem === null ? [] : [problem];
  const mark = problems.length === 0 ? MARKS.ok : MARKS.failed;
  const inTheWay = problems.map(({ code, detail }) => `  ${MARKS.failed} ${detail} (${code})`);
  const copies = downstream.map(({ dataset_urn, tagged }) =>
    `  copies in ${dataset_urn}${tagged ? " (tagged, too)" : ""}`
  );
  return [`${mark} ${dataset_urn}: ${counted}`, ...lines, ...copies, ...inTheWay];
}
