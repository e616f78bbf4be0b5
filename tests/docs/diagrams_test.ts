/** The Mermaid diagrams of the pages: what a host's renderer would refuse, as far as text tells. */
import assert from "node:assert/strict";

const docs = new URL("../../docs/", import.meta.url);
const diagrams: (readonly [page: string, lines: readonly string[]])[] = [];
for await (const { name } of Deno.readDir(docs)) {
  if (!name.endsWith(".md")) continue;
  const text = await Deno.readTextFile(new URL(name, docs));
  for (const [, code] of text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)) {
    diagrams.push([name, code!.trim().split("\n").map((line) => line.trim())]);
  }
}

Deno.test("every diagram is of a kind that we use", () => {
  assert.ok(diagrams.length >= 5);
  for (const [page, [first]] of diagrams) {
    assert.match(first!, /^(flowchart (LR|TB)|sequenceDiagram)$/, page);
  }
});

Deno.test("no line of a sequence diagram holds a semicolon, which Mermaid takes for its end", () => {
  for (const [page, lines] of diagrams.filter(([, [first]]) => first === "sequenceDiagram")) {
    assert.deepEqual(lines.filter((line) => line.includes(";")), [], page);
  }
});

Deno.test("what a diagram opens it closes", () => {
  for (const [page, lines] of diagrams) {
    const opened = lines.filter((line) => /^(subgraph|alt|loop|opt|par) /.test(line)).length;
    assert.equal(lines.filter((line) => line === "end").length, opened, page);
  }
});
