/** `tokenize rotate`: tokens of an older key or SDK become those of the current one, in place. */
import type { RotateCommand } from "../command.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { printError } from "./output.ts";
import { type CommandDependencies, type RunCommandSettings, runOnce } from "./run.ts";

/**
 * Rotates once, as `tokenize run` tokenizes. One-way tokens are refused as wrong usage before the
 * database is connected to. Returns the exit code.
 */
export async function rotate(
  command: RotateCommand,
  settings: RunCommandSettings,
  deps: CommandDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const source = await deps.rotateFrom?.();
  if (source !== undefined && source.sdk.detokenize === undefined) {
    printError("--from: its tokens are one-way and cannot be read back");
    return USAGE_EXIT_CODE;
  }
  return await runOnce(command, settings, deps, shutDown);
}
