/** The manual pages, judged by what shows them. */
import assert from "node:assert/strict";
import { commandHelp } from "../../scripts/docs/command_help.ts";
import { manPages } from "../../scripts/docs/man_pages.ts";
import { testUnless } from "../support/skipping.ts";

const PAGES = manPages();

Deno.test("every command has a manual page, with all options and examples of its help", async () => {
  for (const [command, help] of await commandHelp()) {
    const file = `${["tokenize", ...command.split(" ")].filter((word) => word !== "").join("-")}.1`;
    const page = (PAGES.get(file) ?? assert.fail(`no ${file}`)).replaceAll("\\-", "-");
    const flags = [...help.matchAll(/^ {2}(-.*?)(?: {2,}|$)/gm)].map(([, flag]) => flag!);
    assert.ok(flags.length > 0);
    for (const flag of flags) assert.ok(page.includes(`\n.B ${flag}\n`), `${file}: ${flag}`);
    const examples = [...help.matchAll(/^ {2}(tokenize .*?)(?: \\)?$/gm)].map(([, each]) => each!);
    for (const each of examples) assert.ok(page.includes(`\n${each}`), `${file}: ${each}`);
  }
});

const whyNoGroff = await whyNot("groff");
testUnless(whyNoGroff, "groff has nothing to say against the manual pages", async () => {
  for (const [file, page] of PAGES) {
    const { stdout, stderr } = await show("groff", ["-man", "-ww", "-Tutf8"], page);
    assert.equal(stderr, "", file);
    // deno-lint-ignore no-control-regex
    const text = stdout.replaceAll(/\x1b\[[0-9;]*m|.\x08/g, "");
    assert.match(
      text,
      /\nNAME\n +tokenize[a-z-]* - \w[^]*\nSYNOPSIS\n +tokenize[a-z ]* [[<]/,
      file,
    );
  }
});

const whyNoMandoc = await whyNot("mandoc");
testUnless(whyNoMandoc, "mandoc has no warning about the manual pages", async () => {
  for (const [file, page] of PAGES) {
    // a date would differ from build to build
    const { stdout } = await show("mandoc", ["-Tlint", "-Wwarning"], page);
    const lines = stdout.split("\n").filter((line) => line !== "" && !/missing date/.test(line));
    assert.deepEqual(lines, [], file);
  }
});

async function whyNot(program: string): Promise<string | undefined> {
  try {
    await show(program, ["--version"], "");
    return undefined;
  } catch {
    return `${program} is not installed`;
  }
}

async function show(program: string, args: string[], input: string) {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = new Response(input).body?.pipeTo(child.stdin).catch(() => {}); // it may not read it
  const { stdout, stderr } = await child.output();
  await fed;
  const decoder = new TextDecoder();
  return { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
