/** Command lines that are read without the parser. */
import assert from "node:assert/strict";
import { readCommandLine } from "../../src/command_line/command_line.ts";
import { readPlainCommandLine } from "../../src/command_line/plain_command_line.ts";

Deno.test("a plain command line is read as the parser reads it", () => {
  for (const args of [["serve"], ["healthcheck"]]) {
    const plain = readPlainCommandLine(args);
    const parsed = readCommandLine(args, false);
    assert.equal(plain?.kind, "command");
    assert.deepEqual(sent(plain), sent(parsed));
  }
});

Deno.test("what has an option, an argument or another name is left to the parser", () => {
  const others = [
    [],
    ["run"],
    ["Serve"],
    ["--help"],
    ["serve", "--help"],
    ["serve", "--config", "f"],
    ["-q", "serve"],
    ["serve", "serve"],
    ["healthcheck", "--url", "http://a"],
    ["--version", "serve"],
    [""],
  ];
  for (const args of others) assert.equal(readPlainCommandLine(args), undefined, args.join(" "));
});

/** What reaches the program: an option that is not given is the same as one that is undefined. */
function sent(commandLine: unknown): unknown {
  return JSON.parse(JSON.stringify(commandLine));
}
