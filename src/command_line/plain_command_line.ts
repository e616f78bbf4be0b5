/**
 * The command lines that services and probes are started with, word for word. They are read without the
 * parser: to load it, and to tell it of every command, takes a third of the time of such a start.
 */
import type { TypedCommand } from "../command.ts";
import { writeOutput } from "../standard_streams.ts";
import { VERSION_LINE } from "../version.ts";
import type { CommandLine } from "./command_line.ts";

/** Reads one of them, as `readCommandLine` would; undefined if it is another one, which the parser has to read. */
export function readPlainCommandLine(args: readonly string[]): CommandLine | undefined {
  if (args.length !== 1) return undefined;
  switch (args[0]) {
    case "serve":
      return alone({ name: "serve" });
    case "healthcheck":
      return alone({ name: "healthcheck", url: undefined });
    case "--version":
    case "-V":
      writeOutput(`${VERSION_LINE}\n`);
      return { kind: "done", exitCode: 0 };
    default:
      return undefined;
  }
}

function alone(command: TypedCommand): CommandLine {
  return { kind: "command", command, globalOptions: {} };
}
