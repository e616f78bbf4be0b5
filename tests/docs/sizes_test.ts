/** Pages that can be read in one sitting. */
import assert from "node:assert/strict";
import { page, PAGES } from "./pages.ts";

const KB = 1024;
/** Written by the commands that measure. */
const GENERATED = ["docs/performance.md", "docs/crash-proofs.md"];
/** Written by `deno task docs`: help texts and tables, which are looked up rather than read. */
const GENERATED_PART = /<!-- generated: .*? -->.*?<!-- end -->/gs;

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("README has 12 KB at most", () => {
  const bytes = bytesOf(page("README.md").text);
  assert.ok(bytes <= 12 * KB, `README.md has ${bytes} bytes: move details to a page of docs`);
});

Deno.test("no page of docs has more than 15 KB, but for what is generated", () => {
  const long = PAGES.filter(({ path }) => path.startsWith("docs/") && !GENERATED.includes(path))
    .map(({ path, text }) => ({ path, bytes: bytesOf(text.replaceAll(GENERATED_PART, "")) }))
    .filter(({ bytes }) => bytes > 15 * KB);
  assert.deepEqual(long, []);
});

Deno.test("your own Postgres is within the first screen of README", () => {
  const [first] = page("README.md").text.split("\n## ");
  const lines = first!.split("\n");
  const at = lines.findIndex((line) => line.includes("(#your-own-postgres-in-a-minute)"));
  assert.ok(at > 0 && at < 25, "the introduction does not link to it within 25 lines");
});
