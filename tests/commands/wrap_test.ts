import assert from "node:assert/strict";
import fc from "fast-check";
import { wrap } from "../../src/commands/wrap.ts";

Deno.test("a line that fits stays as it is", () => {
  assert.deepEqual(wrap("table  app.public.customers", 80), ["table  app.public.customers"]);
  assert.deepEqual(wrap("", 10), [""]);
});

Deno.test("a column goes on under itself", () => {
  assert.deepEqual(wrap("warning  anybody can read these tokens back", 30), [
    "warning  anybody can read",
    "         these tokens back",
  ]);
});

Deno.test("a sentence goes on under its text, behind its mark", () => {
  assert.deepEqual(wrap("  ✓ clean: pg_stats (cleared), indexes (none)", 30), [
    "  ✓ clean: pg_stats (cleared),",
    "    indexes (none)",
  ]);
  assert.deepEqual(wrap("not covered: write-ahead log and backups", 24), [
    "not covered: write-ahead",
    "  log and backups",
  ]);
});

Deno.test("a column too narrow to be read goes on at the beginning", () => {
  assert.deepEqual(wrap("connection postgres  the role is a superuser", 30), [
    "connection postgres  the role",
    "  is a superuser",
  ]);
});

Deno.test("a word that is longer than a line stays whole", () => {
  assert.deepEqual(wrap("run  urn:li:dataset:canary on", 12), [
    "run",
    "  urn:li:dataset:canary",
    "  on",
  ]);
});

Deno.test("no word is lost, and no line is wider than the terminal if no word is", () => {
  const words = fc.array(fc.stringMatching(/^[a-z✓]{1,9}$/), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(words, fc.nat(4), fc.integer({ min: 20, max: 60 }), (words, indent, width) => {
      const lines = wrap(" ".repeat(indent) + words.join(" "), width);
      assert.deepEqual(lines.flatMap((line) => line.trim().split(/ +/)), words);
      assert.ok(lines.every((line) => line.length <= width), JSON.stringify(lines));
    }),
  );
});
