/** Pages that commands write: their prose is the template's, and their figures say where they are from. */
import assert from "node:assert/strict";
import { PERFORMANCE_PAGE } from "../../scripts/bench/performance_page.ts";
import { describeMachine } from "../../scripts/machine.ts";
import { partsOf, renderPage, updatePage } from "../../scripts/measured_page.ts";
import { CRASH_PROOFS_PAGE } from "../faults/crash_proofs_page.ts";

const PAGES = { "performance.md": PERFORMANCE_PAGE, "crash-proofs.md": CRASH_PROOFS_PAGE };

for (const [name, { page, template }] of Object.entries(PAGES)) {
  Deno.test(`docs/${name} is its template with figures in it, and nothing was edited by hand`, async () => {
    const [text, prose] = await Promise.all([page, template].map((url) => Deno.readTextFile(url)));
    const parts = partsOf(text!);
    assert.deepEqual([...parts.keys()], [...partsOf(renderPage(prose!, new Map())).keys()]);
    assert.equal(text, renderPage(prose!, parts));
  });

  Deno.test(`every part of docs/${name} begins with where its figures are from`, async () => {
    const parts = partsOf(await Deno.readTextFile(page));
    assert.ok(parts.size > 0);
    for (const [part, text] of parts) assert.match(text, /^_[^_]+ on [^_]+\._\n/, part);
  });
}

Deno.test("a part that is measured replaces its own figures and leaves all else", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const [page, template] = ["page.md", "template.md"].map((name) =>
      new URL(`file://${dir}/${name}`)
    );
    const example = { page: page!, template: template! };
    const prose = "# Figures\n\n<!-- part: one -->\n\nBetween.\n\n<!-- part: two -->\n";
    await Deno.writeTextFile(template!, prose);
    await updatePage(example, new Map([["one", "| a | b |\n| - | - |\n| 1 | 2 |"]]));
    const first = partsOf(await Deno.readTextFile(page!));
    assert.equal(first.get("two"), "Not measured yet.");
    await updatePage(example, new Map([["two", "$& 3 ms"]]));
    const text = await Deno.readTextFile(page!);
    assert.equal(partsOf(text).get("one"), first.get("one"));
    assert.equal(partsOf(text).get("two"), "$& 3 ms");
    assert.ok(text.includes("\nBetween.\n"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a machine is described by what it is made of, and not by its name", async () => {
  const described = await describeMachine();
  assert.match(described, /\d+ cores?, \d+ GiB of memory, /);
  assert.ok(!described.includes(Deno.hostname()));
});
