/** `tokenize doctor`: checks all that a run depends on. Nothing of it writes. */
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { DoctorCommand } from "../command.ts";
import type { Config } from "../config.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { failureExitCode } from "../stop_signals.ts";
import { doctorChecks } from "./doctor_checks.ts";
import { type Finding, SETTINGS_CHECK } from "./findings.ts";
import { printFindings } from "./print_findings.ts";
import { closeAll } from "./run.ts";

/** A stopped warehouse takes a while to start. */
const CHECKS_TIMEOUT_MS = 300_000;

/**
 * Makes the checks, all at once, and prints what they found. Returns the exit code: 1 if anything failed, 2 if
 * the settings did.
 */
export async function doctor(
  command: DoctorCommand,
  config: Config,
  action: ActionDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const signal = AbortSignal.any([shutDown, AbortSignal.timeout(CHECKS_TIMEOUT_MS)]);
  try {
    const checks = doctorChecks(command, { config, action, signal });
    const findings = (await Promise.all(checks.map((check) => check()))).flat();
    if (shutDown.aborted) return failureExitCode(shutDown);
    printFindings(findings, command.json);
    return exitCodeOf(findings.filter(({ state }) => state === "failed"));
  } finally {
    await closeAll(action);
  }
}

function exitCodeOf(failures: readonly Finding[]): number {
  if (failures.length === 0) return 0;
  return failures.some(({ check }) => check === SETTINGS_CHECK) ? USAGE_EXIT_CODE : 1;
}
