/** `tokenize restore`: tokens become the values again that they were made of, in place. */
import type { RestoreCommand } from "../command.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { printError } from "./output.ts";
import { type CommandDependencies, type RunCommandSettings, runOnce } from "./run.ts";

/**
 * Restores once, with all that `tokenize run` promises. One-way tokens are refused as wrong usage before the
 * database is connected to. Returns the exit code.
 */
export async function restore(
  command: RestoreCommand,
  settings: RunCommandSettings,
  deps: CommandDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const sdk = await deps.tokenSdk();
  if (sdk.detokenize === undefined) {
    printError("TOKEN_SDK_MODE: the tokens of this SDK are one-way and cannot be read back");
    return USAGE_EXIT_CODE;
  }
  const restoring = { ...deps, restores: true, standingWarnings: [] };
  return await runOnce(command, settings, restoring, shutDown);
}
