/** The command line: from arguments to the command that they ask for. */
import { CommanderError } from "commander";
import type { OutsideCommand, TypedCommand } from "../command.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { type GlobalOptions, makeProgram } from "./program.ts";

/** What the arguments ask for. */
export type CommandLine =
  | {
    readonly kind: "command";
    readonly command: TypedCommand | OutsideCommand;
    readonly globalOptions: GlobalOptions;
  }
  /** Nothing more: help, the version or a usage error is printed already. */
  | { readonly kind: "done"; readonly exitCode: number };

/** Reads the arguments, and prints what is wrong with them. `isTerminal`: results go to a person. */
export function readCommandLine(args: readonly string[], isTerminal: boolean): CommandLine {
  let commandLine: CommandLine = { kind: "done", exitCode: 0 };
  const use = (command: TypedCommand | OutsideCommand, globalOptions: GlobalOptions) => {
    commandLine = { kind: "command", command, globalOptions };
  };
  const program = makeProgram(isTerminal, use, args);
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "done", exitCode: error.exitCode === 0 ? 0 : USAGE_EXIT_CODE };
  }
  return commandLine;
}
