/** What the command line knows of a command. */
import type { Command as Parser } from "commander";
import type { OutsideCommand, TypedCommand } from "../command.ts";
import type { Options } from "./options.ts";

/** One command as the command line knows it. */
export interface Definition {
  /** Two words for a command of a group. */
  readonly name: (TypedCommand | OutsideCommand)["name"];
  /** For the list of commands in `--help`. */
  readonly description: string;
  readonly options: readonly ((parser: Parser) => Parser)[];
  /** Into a pipe, too, it prints text unless JSON is asked for. */
  readonly printsText?: true;
  /** Makes the command. Ends with a usage error, by way of the parser, if the options contradict. */
  readonly read: (options: Options, parser: Parser) => TypedCommand | OutsideCommand;
}
