/** The command line: from arguments to the command that they ask for. */
import { Command as Parser, CommanderError } from "commander";
import type { OutsideCommand, TypedCommand } from "../command.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { oneLine } from "../one_line.ts";
import { writeError, writeOutput } from "../standard_streams.ts";
import { COMMIT, VERSION } from "../version.ts";
import { COMMANDS, GROUPS } from "./commands.ts";
import type { Options } from "./options.ts";

/** What the arguments ask for. */
export type CommandLine =
  | {
    readonly kind: "command";
    readonly command: TypedCommand | OutsideCommand;
    /** `--config`: the configuration file. */
    readonly configFile: string | undefined;
  }
  /** Nothing more: help, the version or a usage error is printed already. */
  | { readonly kind: "done"; readonly exitCode: number };

/** Reads the arguments, and prints what is wrong with them. `isTerminal`: results go to a person. */
export function readCommandLine(args: readonly string[], isTerminal: boolean): CommandLine {
  let commandLine: CommandLine = { kind: "done", exitCode: 0 };
  const program = new Parser("tokenize")
    .description("Replaces the values of columns with tokens, in place, on Postgres or Databricks.")
    .version(`tokenize ${VERSION} (${COMMIT})`, "-V, --version", "print version and commit")
    .option("--config <file>", "the configuration file (default: TOKENIZE_CONFIG)")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: writeOutput,
      writeErr: writeError,
      outputError: (text, write) => write(eachOnOneLine(text)),
    })
    .showHelpAfterError("(see --help)");
  const groups = new Map<string, Parser>();
  for (const { name, description, options, read } of COMMANDS) {
    const parser = addCommand(name, program, groups).description(description);
    for (const addOption of options) addOption(parser);
    parser.action((given) => {
      const command = read({ ...given, json: wantsJson(given, isTerminal) }, parser);
      commandLine = { kind: "command", command, configFile: program.opts().config };
    });
  }
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "done", exitCode: error.exitCode === 0 ? 0 : USAGE_EXIT_CODE };
  }
  return commandLine;
}

/** Whether results are printed as JSON: as `--json` or `--output` says, else unless a person reads them. */
function wantsJson({ json, output }: Partial<Options>, isTerminal: boolean): boolean {
  return json ?? (output === undefined ? !isTerminal : output === "json");
}

/** Adds a command to the program, or to its group. */
function addCommand(name: string, program: Parser, groups: Map<string, Parser>): Parser {
  const [first, second] = name.split(" ") as [string, string?];
  if (second === undefined) return program.command(first);
  const group = groups.get(first) ?? program.command(first).description(GROUPS[first] ?? "");
  groups.set(first, group);
  return group.command(second);
}

/** What the parser says of wrong usage quotes the arguments. */
function eachOnOneLine(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}
