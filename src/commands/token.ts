/**
 * `tokenize token`: the tokens of values, a line each, from standard input to standard output. By its
 * token the rows of a known value can be found.
 */
import type { TokenCommand } from "../command.ts";
import type { Config } from "../config.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { failureExitCode } from "../stop_signals.ts";
import { findAdapter } from "../tokens/adapters.ts";
import { tokenizing } from "../tokens/conversion.ts";
import { packTexts, unpackTexts } from "../tokens/packed_texts.ts";
import { toPredicate } from "../tokens/selection.ts";
import type { TokenContext, TokenSdk } from "../tokens/token_sdk.ts";
import { filterFailure } from "./filter_failure.ts";
import { inputLines } from "./input_lines.ts";
import { printError, printLines } from "./output.ts";

/**
 * Writes one line for each line: the token of its value, or the line itself if it is a token already, as
 * a run leaves it. As JSON it is a string. Returns the exit code.
 */
export async function token(
  command: TokenCommand,
  { tokenSdk: { mode, settings } }: Config,
  tokenSdk: () => Promise<TokenSdk>,
  shutDown: AbortSignal,
): Promise<number> {
  const { platform = "", dataset = [], column = "", json } = command;
  const missing = missingPlace(command, findAdapter(mode)?.scopeOf?.(settings));
  if (missing !== undefined) {
    printError(missing);
    return USAGE_EXIT_CODE;
  }
  try {
    const convert = converter(await tokenSdk(), { platform, dataset, column });
    for await (const lines of inputLines(shutDown)) {
      const tokens = await convert(lines);
      printLines(json ? tokens.map((token) => JSON.stringify(token)) : tokens);
    }
    return shutDown.aborted ? failureExitCode(shutDown) : 0;
  } catch (error) {
    return filterFailure(error, shutDown);
  }
}

/** What has to be said of the place of the values, and is not: their tokens would be others. */
function missingPlace({ dataset, column }: TokenCommand, scope = "global"): string | undefined {
  const isMissing = scope !== "global" && dataset === undefined;
  if (!isMissing && !(scope === "column" && column === undefined)) return undefined;
  const options = scope === "column"
    ? "--platform, --dataset and --column"
    : "--platform and --dataset";
  return `TOKEN_CONTEXT: it is "${scope}", so ${options} are needed: a value has other tokens elsewhere`;
}

/** What a run makes of texts in that place. */
function converter(
  sdk: TokenSdk,
  context: TokenContext,
): (texts: readonly string[]) => Promise<string[]> {
  const { selects, convert } = tokenizing(sdk);
  const isSelected = toPredicate(selects);
  return async (texts) => {
    const selected = texts.filter(isSelected);
    const made = unpackTexts(await convert(packTexts(selected), context)).values();
    return texts.map((text) => isSelected(text) ? made.next().value! : text);
  };
}
