/** Code blocks and tables are what they claim to be. What can be run is run by tests/first_hour. */
import assert from "node:assert/strict";
import { codeBlocksOf, tablesOf } from "../../scripts/docs/markdown.ts";
import { PAGES } from "./pages.ts";

const BLOCKS = PAGES.flatMap(({ path, text }) =>
  codeBlocksOf(text).map((block) => ({ ...block, where: `${path}:${block.line}` }))
);
const LANGUAGES = [
  "abnf",
  "bash",
  "console",
  "http",
  "json",
  "mermaid",
  "sql",
  "text",
  "ts",
  "yaml",
];

Deno.test("every code block says what language it is in", () => {
  const unknown = BLOCKS.filter(({ language }) => !LANGUAGES.includes(language))
    .map(({ where, language }) => `${where}: "${language}" is not one of ${LANGUAGES.join(", ")}`);
  assert.deepEqual(unknown, []);
});

Deno.test("every JSON block is JSON", () => {
  const blocks = BLOCKS.filter(({ language }) => language === "json");
  for (const { where, text } of blocks) {
    assert.doesNotThrow(() => JSON.parse(text), `${where} is not JSON`);
  }
  assert.ok(blocks.length > 0);
});

Deno.test("every shell block has a shell's syntax", async () => {
  const blocks = BLOCKS.filter(({ language }) => language === "bash");
  const wrong = await Promise.all(blocks.map(async ({ where, text }) => {
    const bash = new Deno.Command("bash", { args: ["-n", "-c", text], stderr: "piped" });
    const { success, stderr } = await bash.output();
    return success ? [] : [`${where}: ${new TextDecoder().decode(stderr)}`];
  }));
  assert.deepEqual(wrong.flat(), []);
  assert.ok(blocks.length > 5);
});

Deno.test("every row of a table has a cell for each column", () => {
  const uneven = PAGES.flatMap(({ path, text }) =>
    tablesOf(text).flatMap(({ header, rows, line }) =>
      rows.filter((cells) => cells.length !== header.length)
        .map((cells) => `${path}, the table at line ${line}: ${cells.join(" | ")}`)
    )
  );
  assert.deepEqual(uneven, []);
});

Deno.test("no page has the marks of an unfinished merge", () => {
  const marks = /^(\| )?(<{7}|>{7}|\|{7})( |$)/m;
  assert.match("text\n| <<<<<<< HEAD", marks);
  assert.deepEqual(PAGES.filter(({ text }) => marks.test(text)).map(({ path }) => path), []);
});
