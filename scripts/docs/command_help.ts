/** What `tokenize --help` and each command's `--help` print, asked of the program itself. */
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

let asked: Promise<ReadonlyMap<string, string>> | undefined;

/** The help of the program, under the empty name, and of each command, by the command's name. */
export function commandHelp(): Promise<ReadonlyMap<string, string>> {
  return asked ??= askForHelp();
}

async function askForHelp(): Promise<ReadonlyMap<string, string>> {
  const overview = await helpOf([]);
  const [, list] = overview.split("\nCommands:\n");
  const commands = [...list!.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!)
    .filter((name) => name !== "help");
  const texts = await Promise.all(commands.map((command) => helpOf([command])));
  return new Map([["", overview], ...commands.map((name, i) => [name, texts[i]!] as const)]);
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
