/** What every command prints: lines, JSON, and failures on standard error. */
import { type Failure, failureLine } from "./failure_line.ts";
import { oneLine } from "../one_line.ts";
import { UnwritableOutput, writeError, writeOutput } from "../standard_streams.ts";

/** What is known of a failure beside its problem. */
interface KnownFailure extends Pick<Failure, "facts" | "address"> {
  /** Whether the log on standard error says it already. */
  readonly isLogged?: boolean;
}

/**
 * Prints why a command failed: a sentence on standard error; for programs, the problem as well. With
 * `datasetUrn` both say which of many datasets it is about.
 */
export function printFailure(
  problem: Pick<Failure, "status" | "detail" | "code">,
  json: boolean,
  { isLogged = false, ...known }: KnownFailure = {},
  datasetUrn?: string,
): void {
  const line = failureLine({ ...problem, ...known });
  if (!isLogged) printError(datasetUrn === undefined ? line : `${datasetUrn}: ${line}`);
  const document = datasetUrn === undefined ? problem : { dataset_urn: datasetUrn, ...problem };
  if (json) printIfPossible(() => printJson(document));
}

/** Prints what the exit code or standard error says, too: that standard output is full changes neither. */
export function printIfPossible(print: () => void): void {
  try {
    print();
  } catch (error) {
    if (!(error instanceof UnwritableOutput)) throw error;
    printUnwritable(error);
  }
}

/** Says why there is no output, unless its reader wanted no more of it. */
export function printUnwritable({ isClosed, message }: UnwritableOutput): void {
  if (!isClosed) printError(`Cannot write to standard output: ${message}`);
}

/** Prints a sentence on standard error. Never throws. */
export function printError(sentence: string): void {
  writeError(`tokenize: ${oneLine(sentence)}\n`);
}

/** Prints lines as they are on standard output. Throws `UnwritableOutput`. */
export function printLines(lines: readonly string[]): void {
  writeOutput(lines.map((line) => `${oneLine(line)}\n`).join(""));
}

/** Prints a value as one line of JSON on standard output. Throws `UnwritableOutput`. */
export function printJson(value: unknown): void {
  printLines([JSON.stringify(value)]);
}
