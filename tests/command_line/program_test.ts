/** The parser, which is made for the arguments that it reads. */
import assert from "node:assert/strict";
import { makeProgram } from "../../src/command_line/program.ts";

/** What the parser makes of the arguments: the command, or how it ends. */
function parsed(args: readonly string[], madeFor?: readonly string[]): unknown {
  let command: unknown;
  let printed = "";
  const program = makeProgram(false, (given, options) => command = { given, options }, madeFor);
  const write = (text: string) => printed += text;
  for (
    const each of [
      program,
      ...program.commands,
      ...program.commands.flatMap((c) => c.commands),
    ]
  ) {
    each.configureOutput({ writeOut: write, writeErr: write, outputError: write });
  }
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    return { printed, exitCode: (error as { exitCode?: number }).exitCode };
  }
  return command;
}

Deno.test("the parser that is made for some arguments reads them as the parser of all commands does", () => {
  const dataset = ["--urn", "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)"];
  const lines = [
    [],
    ["-q"],
    ["--help"],
    ["help"],
    ["help", "run"],
    ["help", "keys", "new"],
    ["run", "--help"],
    ["run", ...dataset, "--columns", "a,b", "--dry-run"],
    ["run", ...dataset],
    ["--config", "run", "trigger", ...dataset, "--columns", "a"],
    ["-v", "datahub", "plan"],
    ["datahub"],
    ["keys", "lst"],
    ["keys", "add", "--id", "k2", "file"],
    ["rnu"],
    ["serve", "run"],
    ["config", "check", "--json"],
    ["completion"],
    ["--version", "run"],
  ];
  for (const args of lines) assert.deepEqual(parsed(args, args), parsed(args), args.join(" "));
});

Deno.test("a command that the arguments do not name gets no options", () => {
  const run = (args?: readonly string[]) =>
    makeProgram(false, () => {}, args).commands.find((each) => each.name() === "run")!.options
      .length;
  assert.equal(run(["plan"]), 0);
  assert.ok(run(["run"]) > 10);
  assert.equal(run(["run"]), run());
});
