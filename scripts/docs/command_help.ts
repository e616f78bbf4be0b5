/** What `tokenize --help` and each command's `--help` print, asked of the program itself. */
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

let asked: Promise<ReadonlyMap<string, string>> | undefined;

/**
 * The help of the program, under the empty name, and of each command, by the command's name; of a group
 * of commands, that of each command in it.
 */
export function commandHelp(): Promise<ReadonlyMap<string, string>> {
  return asked ??= askForHelp();
}

async function askForHelp(): Promise<ReadonlyMap<string, string>> {
  const overview = await helpOf([]);
  return new Map([["", overview], ...await helpOfThoseIn(overview, [])]);
}

/** The help of each command that this help lists. */
async function helpOfThoseIn(
  overview: string,
  group: readonly string[],
): Promise<(readonly [string, string])[]> {
  const [, list] = overview.split("\nCommands:\n");
  const names = [...list!.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!);
  const found = await Promise.all(
    names.filter((name) => name !== "help").map(async (name) => {
      const command = [...group, name];
      const help = await helpOf(command);
      if (help.includes("\nCommands:\n")) return helpOfThoseIn(help, command);
      return [[command.join(" "), help] as const];
    }),
  );
  return found.flat();
}

async function helpOf(command: readonly string[]): Promise<string> {
  const options = ["run", "--quiet", "--no-check", "--allow-all"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...options, MAIN, ...command, "--help"],
    env: { NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`tokenize ${command.join(" ")} --help failed`);
  return new TextDecoder().decode(stdout);
}
