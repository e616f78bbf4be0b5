/** The program as its parser knows it: every command with its options and its help. */
import { Command as Parser, Option } from "commander";
import type { OutsideCommand, Shell, TypedCommand } from "../command.ts";
import { didYouMean } from "../did_you_mean.ts";
import { oneLine } from "../one_line.ts";
import { outputWidth, writeError, writeOutput } from "../standard_streams.ts";
import { VERSION_LINE } from "../version.ts";
import { COMMANDS, GROUPS } from "./commands.ts";
import { helpAfter } from "./help.ts";
import { readTypedWords } from "./typed_words.ts";
import type { Options } from "./options.ts";

/** The options of every command. */
export interface GlobalOptions {
  readonly config?: string;
  readonly envFile?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What to do with a command that was typed correctly. */
type Use = (command: TypedCommand | OutsideCommand, globalOptions: GlobalOptions) => void;

/**
 * Makes the parser, which calls `use` with the command. `isTerminal`: results go to a person. With `args`, it
 * is made for those: commands whose names are not among them have a name only.
 */
export function makeProgram(isTerminal: boolean, use: Use, args?: readonly string[]): Parser {
  const program = new Parser("tokenize")
    .description("Replaces the values of columns with tokens, in place, on Postgres or Databricks.")
    .version(VERSION_LINE, "-V, --version", "print version and commit")
    .option("--config <file>", "the configuration file (default: TOKENIZE_CONFIG)")
    .option("--env-file <file>", "more variables, as KEY=VALUE lines; those of the environment win")
    .addOption(new Option("-q, --quiet", "log errors only, and show no progress"))
    .addOption(new Option("-v, --verbose", "log everything").conflicts("quiet"))
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: writeOutput,
      writeErr: writeError,
      outputError: (text, write) => write(eachOnOneLine(text)),
      getOutHelpWidth: outputWidth,
    })
    .helpCommand(false)
    .showHelpAfterError("(see tokenize --help)");
  const groups = new Map<string, Parser>();
  const isWanted = args === undefined ? () => true : wantedAmong(args);
  for (const definition of COMMANDS) {
    const { name, description, options, printsText = isTerminal, read } = definition;
    const parser = addCommand(name, program, groups).description(description);
    if (!isWanted(name)) continue;
    for (const addOption of options) addOption(parser);
    parser.addHelpText("after", () => helpAfter(name, parser.createHelp(), outputWidth()));
    parser.action(() => {
      const global = program.opts<GlobalOptions>();
      const given = {
        ...parser.opts<Options>(),
        ...global,
        files: parser.args,
        file: parser.args[0] ?? parser.opts<Options>().file,
        shell: parser.args[0] as Shell,
      };
      use(read({ ...given, json: wantsJson(given, printsText) }, parser), global);
    });
  }
  addHelpCommand(program);
  addColumnCompletion(program, use);
  return program;
}

/** Whether a command may be the one that these arguments ask for. A list of commands shows all of each. */
function wantedAmong(args: readonly string[]): (name: string) => boolean {
  const isNamed = (name: string) => args.includes(name.split(" ")[0]!);
  const asksForHelp = args.some((arg) => /^(-\w*h\w*|--help|help)$/.test(arg));
  if (asksForHelp || !COMMANDS.some(({ name }) => isNamed(name))) return () => true;
  return isNamed;
}

/** `help COMMAND`, also for the commands of groups. The parser's own knows no more than one word, and no wrong one. */
function addHelpCommand(program: Parser): void {
  const help = program.command("help").showHelpAfterError("(see tokenize --help)")
    .argument("[command...]", "the command")
    .description("print this help, or that of a command");
  help.action(() => {
    let shown = program;
    for (const word of help.args) {
      const found = shown.commands.find((each) => each.name() === word);
      shown = found ?? help.error(unknownCommand(word, shown));
    }
    shown.help();
  });
}

/** What the completion of the shells asks; the words of the command line that is being typed follow it. */
function addColumnCompletion(program: Parser, use: Use): void {
  const parser = program.command("complete-columns", { hidden: true }).argument("<words...>");
  parser.action(() => {
    const typed = readTypedWords(parser.args);
    if (typed === undefined) return;
    const { urn, current, config, envFile } = typed;
    const files = { ...(config && { config }), ...(envFile && { envFile }) };
    use({ name: "complete-columns", urn, current }, { quiet: true, ...files });
  });
}

/** As the parser says it elsewhere. */
function unknownCommand(word: string, { commands }: Parser): string {
  const meant = didYouMean(word, commands.map((each) => each.name()));
  return `error: unknown command '${word}'${
    meant === undefined ? "" : `\n(Did you mean ${meant}?)`
  }`;
}

/** Whether results are printed as JSON: as `--json` or `--output` says, else unless text is usual. */
function wantsJson({ json, output }: Partial<Options>, printsText: boolean): boolean {
  return json ?? (output === undefined ? !printsText : output === "json");
}

/** Adds a command to the program, or to its group. */
function addCommand(name: string, program: Parser, groups: Map<string, Parser>): Parser {
  const [first, second] = name.split(" ") as [string, string?];
  const make = (parent: Parser, word: string, path: string) =>
    parent.command(word).helpCommand(false).showHelpAfterError(`(see tokenize ${path} --help)`);
  if (second === undefined) return make(program, first, first);
  const group = groups.get(first) ?? make(program, first, first).description(GROUPS[first] ?? "");
  groups.set(first, group);
  return make(group, second, name);
}

/** What the parser says of wrong usage quotes the arguments. */
function eachOnOneLine(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}
