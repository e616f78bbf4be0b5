/** What checks found, as it is printed. Without the checks, which the outer half is not to load. */
import { type ConfigFault, faultLine } from "../config_error.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { failed, type Finding, SETTINGS_CHECK } from "./findings.ts";
import { MARKS } from "./marks.ts";
import { printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";

/** Prints that the settings cannot be used, so that nothing else could be checked. Returns the exit code. */
export function reportUnusableSettings(faults: readonly ConfigFault[], json: boolean): number {
  printFindings(faults.map((fault) => failed(SETTINGS_CHECK, faultLine(fault))), json);
  return USAGE_EXIT_CODE;
}

/** Prints a line for each, or all of them as JSON. */
export function printFindings(findings: readonly Finding[], json: boolean): void {
  printIfPossible(() => {
    if (json) return printJson({ checks: findings });
    const width = Math.max(...findings.map(({ check }) => check.length));
    printText(findings.flatMap(({ check, state, detail, todo }) => {
      const line = `${MARKS[state]} ${check.padEnd(width)}  ${detail}`;
      return todo === null ? [line] : [line, `  ${" ".repeat(width)}  → ${todo}`];
    }));
  });
}
