/** Completion of the command line for bash, zsh and fish, made from the parser's own list. */
import type { Command as Parser, Option } from "commander";
import type { Shell } from "../command.ts";
import { makeProgram } from "./program.ts";

/** A command, or the program itself, as completion needs it. */
interface Completed {
  /** Such as `keys new`; empty for the program. */
  readonly name: string;
  readonly description: string;
  /** Its commands, or what its argument may be. */
  readonly words: readonly Word[];
  readonly options: readonly CompletedOption[];
  /** Whether an argument is a file. */
  readonly takesFile: boolean;
}

interface Word {
  readonly word: string;
  readonly description: string;
}

interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The values, if they are known. */
  readonly choices: readonly string[];
  readonly takesFile: boolean;
  /** Whether the value is a list of columns, which the program itself finds. */
  readonly takesColumns: boolean;
}

/** The script, to be sourced by the shell. */
export function completionScript(shell: Shell): string {
  const all = completedBelow(makeProgram(true, () => {}), "");
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](all);
}

function completedBelow(parser: Parser, name: string): Completed[] {
  const help = parser.createHelp();
  const visible = help.visibleCommands(parser).filter((each) => each.name() !== "help");
  const own = [
    ...help.visibleOptions(parser),
    ...(name === "" ? [] : help.visibleGlobalOptions(parser)),
  ];
  const { registeredArguments: given } = parser;
  const choices = given.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, description }))
  );
  const completed: Completed = {
    name,
    description: parser.description(),
    words: visible.map((each) => ({ word: each.name(), description: each.description() }))
      .concat(choices),
    options: own.map(completedOption),
    takesFile: given.some((argument) => argument.name() === "file"),
  };
  const below = visible.flatMap((each) => completedBelow(each, `${name} ${each.name()}`.trim()));
  return [completed, ...below];
}

function completedOption(option: Option): CompletedOption {
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    takesFile: /<file>/.test(option.flags),
    takesColumns: option.long === "--columns",
  };
}

/** Lines of `case` that find out the command from the words so far. */
function commandCases(all: readonly Completed[]): string[] {
  return all.filter(({ name }) => name !== "").map(({ name }) => {
    const words = name.split(" ");
    const before = words.slice(0, -1).join(" ");
    return `      "${before}:${words.at(-1)}") command="${name}" ;;`;
  });
}

/** Lines of `case` for what an option's value may be. */
function valueCases(
  all: readonly Completed[],
  offer: (choices: readonly string[]) => string,
  files: string,
  columns: string,
): string[] {
  const options = new Map(
    all.flatMap(({ options }) => options).filter(({ takesValue }) => takesValue)
      .map((option) => [option.flags.join("|"), option]),
  );
  return [...options].map(([flags, { choices, takesFile, takesColumns }]) => {
    const found = takesFile ? files : takesColumns ? columns : "";
    const offered = found !== "" ? `${found}; ` : choices.length > 0 ? `${offer(choices)}; ` : "";
    return `    ${flags}) ${offered}return ;;`;
  });
}

/** Names of files may have blanks in them. Also understood by bash 3.2, which macOS has. */
const BASH_FILES = `IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current"))`;

/** The program that is being typed finds the columns of the dataset that is typed already. */
const BASH_COLUMNS = "IFS=$'\\n'; COMPREPLY=($(\"${COMP_WORDS[0]}\" complete-columns -- " +
  '"${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))';
const ZSH_COLUMNS = 'compadd -- ${(f)"$(${(Q)words[1]} complete-columns -- ' +
  '"${(@)words[2,CURRENT]}" 2>/dev/null)"}';
const FISH_COLUMNS = `function __tokenize_columns
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  $words[1] complete-columns -- $words[2..-1] "$current" 2>/dev/null
end`;

function bashScript(all: readonly Completed[]): string {
  const offers = all.map(({ name, words: own, options, takesFile }) => {
    const words = [...own.map(({ word }) => word), ...options.flatMap(({ flags }) => flags)];
    const files = takesFile ? `; ${BASH_FILES.replace("COMPREPLY", "files")}` : "";
    return `    "${name}") words="${words.join(" ")}"${files} ;;`;
  });
  const choose = (choices: readonly string[]) =>
    `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current"))`;
  return `# Completion of tokenize for bash. To use it: source <(tokenize completion bash)
_tokenize() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command="" words="" word IFS=\$' \\t\\n'
  local -a files
  files=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command:$word" in
${commandCases(all).join("\n")}
    esac
  done
  case $previous in
${valueCases(all, choose, BASH_FILES, BASH_COLUMNS).join("\n")}
  esac
  case $command in
${offers.join("\n")}
  esac
  IFS=" "
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  COMPREPLY+=("\${files[@]}")
}
complete -o filenames -F _tokenize tokenize
`;
}

function zshScript(all: readonly Completed[]): string {
  const item = (word: string, description: string) => quoted(`${word}:${description}`);
  const offers = all.map(({ name, words: own, options, takesFile }) => {
    const words = own.map(({ word, description }) => item(word, description));
    const flags = options.flatMap(({ flags, description }) =>
      flags.map((flag) => item(flag, description))
    );
    return `    "${name}")
      commands=(${words.join(" ")})
      options=(${flags.join(" ")})${takesFile ? "\n      _files" : ""} ;;`;
  });
  const choose = (choices: readonly string[]) => `compadd -- ${choices.join(" ")}`;
  return `#compdef tokenize
# Completion of tokenize for zsh. To use it: source <(tokenize completion zsh)
_tokenize() {
  local command="" word
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$command:$word" in
${commandCases(all).join("\n")}
    esac
  done
  case $words[CURRENT-1] in
${valueCases(all, choose, "_files", ZSH_COLUMNS).join("\n")}
  esac
  case $command in
${offers.join("\n")}
  esac
  (( \${#commands} )) && _describe command commands
  _describe -o option options
}
if [ "\${funcstack[1]}" = _tokenize ]; then _tokenize "$@"; else compdef _tokenize tokenize; fi
`;
}

function fishScript(all: readonly Completed[]): string {
  const groups = all.filter(({ name, words }) => name !== "" && words.length > 0)
    .map(({ name }) => name);
  const lines = all.flatMap(({ name, words: own, options, takesFile }) => {
    const words = name.split(" ").filter((word) => word !== "");
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
    const within = words.length === 0
      ? ["__fish_use_subcommand"]
      : groups.includes(name)
      ? [...seen, `not __fish_seen_subcommand_from ${own.map(({ word }) => word).join(" ")}`]
      : seen;
    const start = `complete -c tokenize -n ${quoted(within.join("; and "))}`;
    return [
      ...own.map(({ word, description }) => `${start} -a ${word} -d ${quoted(description)}`),
      ...options.map((option) => `${start}${fishOption(option)}`),
      ...(takesFile ? [`${start} -F`] : []),
    ];
  });
  return `# Completion of tokenize for fish. To use it: tokenize completion fish | source
${FISH_COLUMNS}
complete -c tokenize -f
${lines.join("\n")}
`;
}

function fishOption(
  { flags, description, takesValue, choices, takesFile, takesColumns }: CompletedOption,
): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`
  );
  const value = !takesValue
    ? ""
    : takesFile
    ? " -r -F"
    : takesColumns
    ? " -x -a '(__tokenize_columns)'"
    : choices.length > 0
    ? ` -x -a ${quoted(choices.join(" "))}`
    : " -x";
  return ` ${names.join(" ")} -d ${quoted(description)}${value}`;
}

/** In single quotes, as all three shells read them, since no text here has a backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
