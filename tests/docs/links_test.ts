/** Whatever a page points to is there: pages, headings, files. */
import assert from "node:assert/strict";
import { anchorsOf, codeSpansOf, linksOf, withoutCodeBlocks } from "../../scripts/docs/markdown.ts";
import { exists, filesOf, page, PAGES, resolvePath, textOf } from "./pages.ts";

/** Files that a reader makes; none of them is ever committed. */
const MADE_BY_READERS = ["deploy/secrets.env", "deploy/keys.json"];

Deno.test("the anchors of headings are GitHub's", () => {
  const text =
    "# What's `tokenize run` for?\n```\n# no heading\n```\n## A & B\n## A & B\n## [Häuser](x)\n";
  assert.deepEqual([...anchorsOf(text)], ["whats-tokenize-run-for", "a--b", "a--b-1", "häuser"]);
});

Deno.test("every link of a page leads to a file that exists, and to a heading that it has", async () => {
  const broken: string[] = [];
  let checked = 0;
  for (const { path, text } of PAGES) {
    for (const { target, line } of linksOf(text)) {
      if (/^(https?|mailto):/.test(target)) continue;
      checked++;
      const [file, anchor] = target.split("#");
      const found = file === "" ? path : resolvePath(path, file!);
      if (!await exists(found)) broken.push(`${path}:${line}: there is no ${found}`);
      else if (anchor !== undefined && !anchorsOf(await textOf(found)).has(anchor)) {
        broken.push(`${path}:${line}: ${found} has no heading for #${anchor}`);
      }
    }
  }
  assert.deepEqual(broken, []);
  assert.ok(checked > 20);
});

Deno.test("every path of the repository that a page names exists", async () => {
  const missing: string[] = [];
  for (const { path, text } of PAGES) {
    for (const span of codeSpansOf(withoutCodeBlocks(text))) {
      const named = /^(?:\.ci|deploy|docs|scripts|src|tests)\/[\w./-]*$/.exec(span)?.[0];
      if (named === undefined || MADE_BY_READERS.includes(named) || await exists(named)) continue;
      missing.push(`${path}: there is no ${named}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("every page that a comment or a message of the code names exists", async () => {
  const missing: string[] = [];
  const files = await filesOf(".ts", ".sh", ".sql", ".yaml", ".env", "Dockerfile", "Makefile");
  for (const file of files) {
    for (const [named] of (await textOf(file)).matchAll(/\bdocs\/[\w/-]+\.md\b/g)) {
      if (!await exists(named)) missing.push(`${file}: there is no ${named}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("the index leads to every page of docs", () => {
  const linked = linksOf(page("docs/README.md").text)
    .map(({ target }) => resolvePath("docs/README.md", target.split("#")[0]!));
  const pages = PAGES.map(({ path }) => path)
    .filter((path) => /^docs\/(?!README)[^/]+$|^docs\/decisions\/README/.test(path));
  const missing = pages.filter((path) => !linked.includes(path));
  assert.deepEqual(missing, [], "docs/README.md does not link to them");
});
