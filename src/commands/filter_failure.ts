/** How a command ends that turns lines into lines, if it cannot. */
import { toServiceError } from "../errors.ts";
import { problemExitCode } from "../exit_codes.ts";
import { UnwritableOutput } from "../standard_streams.ts";
import { failureExitCode } from "../stop_signals.ts";
import { printError, printUnwritable } from "./output.ts";

/** Says why it cannot. Returns the exit code. */
export function filterFailure(error: unknown, shutDown: AbortSignal): number {
  if (error instanceof UnwritableOutput) {
    printUnwritable(error);
    return failureExitCode(shutDown);
  }
  const { message, code } = toServiceError(error);
  printError(`${message} (${code})`);
  return problemExitCode(code, shutDown);
}
