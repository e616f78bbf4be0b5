/** Decision records are complete, numbered without a gap, and listed. */
import assert from "node:assert/strict";

const folder = new URL("../../docs/decisions/", import.meta.url);
const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name)
  .filter((name) => name !== "README.md").sort();

Deno.test("decision records are numbered from 0001 without a gap", () => {
  assert.ok(names.length > 10);
  names.forEach((name, i) => {
    assert.match(name, /^\d{4}(-[a-z0-9]+)+\.md$/);
    assert.equal(Number(name.slice(0, 4)), i + 1);
  });
});

Deno.test("each record has status, date, context, alternatives, choice and consequences", async () => {
  for (const name of names) {
    const text = await Deno.readTextFile(new URL(name, folder));
    assert.match(text, new RegExp(`^# ${name.slice(0, 4)}: [^\n]+\n\n`), name);
    assert.match(text, /^(Accepted|Superseded by \[\d{4}\]\(.*\)), [A-Z][a-z]+ 20\d\d\.$/m, name);
    const headings = Array.from(text.matchAll(/^## (.*)$/gm), ([, heading]) => heading);
    assert.deepEqual(headings, ["Context", "Alternatives", "Choice", "Consequences"], name);
  }
});

Deno.test("the index lists every record under its title", async () => {
  const index = await Deno.readTextFile(new URL("README.md", folder));
  for (const name of names) {
    const text = await Deno.readTextFile(new URL(name, folder));
    const [, title] = /^# \d{4}: (.*)$/m.exec(text)!;
    const line = index.split("\n").find((each) => each.includes(`](${name})`));
    assert.ok(line?.includes(title!), name);
  }
});
