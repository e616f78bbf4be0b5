/** `tokenize detokenize`: reads tokens back, a line each, from standard input to standard output. */
import { counted } from "../counted.ts";
import type { DetokenizeCommand } from "../command.ts";
import type { TokenContext, TokenSdk } from "../tokens/token_sdk.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { failureExitCode } from "../stop_signals.ts";
import { filterFailure } from "./filter_failure.ts";
import { inputLines } from "./input_lines.ts";
import { printError, printLines } from "./output.ts";

type Detokenize = NonNullable<TokenSdk["detokenize"]>;

/** What `psql` and `COPY` print for NULL. No token is either. */
const NULL_LINES: ReadonlySet<string> = new Set(["", "\\N"]);

/**
 * Writes one line for each line. As JSON it is a string, or null if the line is no token or fails its
 * authentication; as text it is the value, or the unchanged line. An empty line, or `\N`, is NULL, and stays it.
 * Returns the exit code: 0 if every other line was read back.
 */
export async function detokenize(
  { platform = "", dataset = [], column = "", json }: DetokenizeCommand,
  tokenSdk: () => Promise<TokenSdk>,
  shutDown: AbortSignal,
): Promise<number> {
  try {
    const sdk = await tokenSdk();
    if (sdk.detokenize === undefined) {
      printError("TOKEN_SDK_MODE: the tokens of this SDK cannot be read back");
      return USAGE_EXIT_CODE;
    }
    const context = { platform, dataset, column };
    const left = await readBack(sdk.detokenize.bind(sdk), context, json, shutDown);
    if (left > 0) {
      const lines = counted(left, "line is not a token", "lines are not tokens");
      printError(`${lines} that can be read back here`);
    }
    return left > 0 || shutDown.aborted ? failureExitCode(shutDown) : 0;
  } catch (error) {
    return filterFailure(error, shutDown);
  }
}

/** How many lines could not be read back. */
async function readBack(
  detokenize: Detokenize,
  context: TokenContext,
  json: boolean,
  shutDown: AbortSignal,
): Promise<number> {
  let left = 0;
  for await (const lines of inputLines(shutDown)) {
    const values = await detokenize(lines, context);
    left += values.filter((value, i) => value === null && !NULL_LINES.has(lines[i]!)).length;
    printLines(values.map((value, i) => json ? JSON.stringify(value) : value ?? lines[i]!));
  }
  return left;
}
