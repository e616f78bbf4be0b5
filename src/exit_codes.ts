/** The exit codes of commands that failed. */
import type { ErrorCode } from "./errors.ts";
import { failureExitCode } from "./stop_signals.ts";

/** The exit code of wrong usage and of a wrong configuration: nothing was started. */
export const USAGE_EXIT_CODE = 2;

/** What cannot succeed until the command or the configuration is corrected. */
export const USAGE_FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  "invalid_request",
  "invalid_urn",
  "platform_not_configured",
  "unsupported_platform",
]);

/**
 * The exit code of a job that failed with `code`, the error code of its problem: the signal's if
 * `shutDown` was aborted by one, 2 if the command or the configuration is wrong, else 1.
 */
export function problemExitCode(code: string, shutDown: AbortSignal): number {
  return USAGE_FAULTS.has(code) && !shutDown.aborted ? USAGE_EXIT_CODE : failureExitCode(shutDown);
}
