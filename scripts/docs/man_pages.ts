/**
 * The manual pages, in the macros of man(7), made from what `--help` is made of: a page for the program, and one for each
 * command, named as git names its own (`tokenize-run.1`).
 */
import type { Command as Parser, Help } from "commander";
import { belowOptions } from "../../src/command_line/help.ts";
import { makeProgram } from "../../src/command_line/program.ts";
import { VERSION } from "../../src/version.ts";

const EXIT_CODES = [
  ["0", "The job is done."],
  ["1", "The job failed, and the message says why."],
  ["2", "The command or the configuration is wrong. Nothing was started."],
  ["130, 143", "SIGINT or SIGTERM ended the job."],
] as const;

/** The pages by their file names. */
export function manPages(): Map<string, string> {
  return new Map(pagesBelow(makeProgram(true, () => {}), []));
}

function pagesBelow(parser: Parser, above: readonly string[]): [string, string][] {
  const words = [...above, parser.name()];
  const below = commandsOf(parser).flatMap((each) => pagesBelow(each, words));
  return [[`${words.join("-")}.1`, pageOf(parser, words)], ...below];
}

function commandsOf(parser: Parser): Parser[] {
  return parser.createHelp().visibleCommands(parser).filter((each) =>
    each.name() !== "help"
  ) as Parser[];
}

function pageOf(parser: Parser, words: readonly string[]): string {
  const help = parser.createHelp();
  const page = words.join("-");
  const { examples, variables } = belowOptions(words.slice(1).join(" "));
  // NAME is a phrase, of which apropos shows a line
  const summary = parser.description().replace(/^R(?=eplaces)/, "r").replace(/\.$/, "");
  const global = words.length === 1 ? [] : help.visibleGlobalOptions(parser);
  return [
    `.TH ${literal(page.toUpperCase())} 1 "" "tokenize ${literal(VERSION)}" "tokenize\\-action"`,
    // names are neither broken nor torn apart, as is usual in pages of commands
    ".nh",
    ".ad l",
    ".SH NAME",
    `${literal(page)} \\- ${prose(summary)}`,
    ".SH SYNOPSIS",
    `.B ${literal(words.join(" "))}`,
    prose(usageAfterName(help, parser)),
    ...section("COMMANDS", commandsOf(parser).map((each) => [each.name(), each.description()])),
    ...section(
      "ARGUMENTS",
      help.visibleArguments(parser).map((each) =>
        [help.argumentTerm(each), help.argumentDescription(each)] as const
      ),
    ),
    ...section(
      "OPTIONS",
      [...help.visibleOptions(parser), ...global].map((each) =>
        [help.optionTerm(each), help.optionDescription(each)] as const
      ),
    ),
    ...section("ENVIRONMENT", variables),
    ...section("EXIT STATUS", EXIT_CODES),
    ...(examples.length === 0 ? [] : [".SH EXAMPLES", ...examples.flatMap(exampleLines)]),
    ...seeAlso(parser, words),
    "",
  ].join("\n");
}

function usageAfterName(help: Help, parser: Parser): string {
  const usage = help.commandUsage(parser).split(" ");
  return usage.slice(usage.findIndex((word) => word.startsWith("[") || word.startsWith("<")))
    .join(" ");
}

function section(title: string, items: readonly (readonly [string, string])[]): string[] {
  if (items.length === 0) return [];
  return [
    `.SH ${title}`,
    ...items.flatMap(([term, meaning]) => [".TP", `.B ${literal(term)}`, prose(meaning)]),
  ];
}

function exampleLines(example: string): string[] {
  return [".PP", ".nf", ...example.split("\n").map(literal), ".fi"];
}

function seeAlso(parser: Parser, words: readonly string[]): string[] {
  const above = words.length > 1 ? [words.slice(0, -1).join("-")] : [];
  const below = commandsOf(parser).map((each) => [...words, each.name()].join("-"));
  const pages = [...above, ...below].map((page) => `.BR ${literal(page)} (1)`);
  return [".SH SEE ALSO", ...pages.map((page, i) => i < pages.length - 1 ? `${page},` : page)];
}

/** Text that is typed as it stands: its hyphens must stay what the keyboard has. */
function literal(text: string): string {
  return escaped(text).replaceAll("-", "\\-").replaceAll('"', "\\(dq");
}

/** Text of sentences, in which options are typed as they stand. */
function prose(text: string): string {
  return escaped(text).replace(/(?<![\w-])--?(?=\w)[\w-]*/g, (flag) => flag.replaceAll("-", "\\-"));
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replace(/^(?=[.'])/, "\\&")
    .replace(
      /[^\0-\x7f]/gu,
      (c) => `\\[u${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}
