/** The token SDK `dummy` says what it is before it writes: anybody can read its tokens back. */
import type { Command } from "../command.ts";
import type { Config } from "../config.ts";
import type { Warning } from "../platforms/warnings.ts";
import { writeError } from "../standard_streams.ts";
import { findAdapter } from "../tokens/adapters.ts";

const QUESTION = "tokenize: TOKEN_SDK_MODE is dummy: anybody can read its tokens back\n" +
  "Write them all the same? [y/N] ";

/** `dummy_tokens` if the token SDK is the dummy. */
export function dummyTokens({ tokenSdk }: Config): readonly Warning[] {
  return findAdapter(tokenSdk.mode)?.isForTrying ? ["dummy_tokens"] : [];
}

/** Whether the command may write dummy tokens. */
export function writesDummyTokens(command: Command, config: Config): boolean {
  return dummyTokens(config).length > 0 && mayWrite(command, config);
}

/** Whether to ask before the command begins: a person is there, and has not said `--yes`. */
export function asksAboutDummy(command: Command, config: Config): boolean {
  return "yes" in command && !command.yes && writesDummyTokens(command, config) &&
    Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Asks on the terminal. Anything but "y" or "yes" means no. */
export function confirmDummy(): boolean {
  writeError(QUESTION);
  const line = new Uint8Array(1024); // a terminal gives a line at a time
  const length = Deno.stdin.readSync(line) ?? 0;
  return /^y(es)?$/i.test(new TextDecoder().decode(line.subarray(0, length)).trim());
}

function mayWrite(command: Command, { datahub }: Config): boolean {
  switch (command.name) {
    case "serve":
      return true;
    case "run":
      return command.runs.some(({ options }) => !options.dryRun);
    case "rotate":
      return !command.options.dryRun;
    case "datahub sweep":
      return datahub?.mode !== "observe";
    default:
      return false;
  }
}
