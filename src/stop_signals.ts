/** The signals that stop the program, and the exit codes that say so. */

/** Ctrl-C, and what `kill`, `timeout` and Kubernetes send. */
export const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** The name of such a signal. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * The exit code of a job that the signal ended: 128 plus the signal's number, as shells report it.
 * Source: POSIX.1-2024, Shell & Utilities, "2.8.2 Exit Status for Commands".
 */
const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** The exit code of a job that did not succeed: 1, or the signal's if `shutDown` was aborted by one. */
export function failureExitCode(shutDown: AbortSignal): number {
  return shutDown.aborted ? signalExitCode(shutDown.reason as StopSignal) : 1;
}

/** The exit code of a job that the signal ended. */
export function signalExitCode(signal: StopSignal): number {
  return EXIT_CODES[signal];
}
