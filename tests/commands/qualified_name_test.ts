/** Names of tables on the command line. */
import assert from "node:assert/strict";
import { parseQualifiedName } from "../../src/command_line/qualified_name.ts";

Deno.test("a name is divided at its dots, but for those in quotes", () => {
  const names: Readonly<Record<string, string[]>> = {
    "app.public.customers": ["app", "public", "customers"],
    'app."public.x".t': ["app", "public.x", "t"],
    '"a.b"."c"': ["a.b", "c"],
    '"say ""hi"""': ['say "hi"'],
    "Ünï cöde.b": ["Ünï cöde", "b"],
  };
  for (const [text, parts] of Object.entries(names)) {
    assert.deepEqual(parseQualifiedName(text), parts, text);
  }
});

Deno.test("what is not a name is none", () => {
  for (const text of ["", ".", "a.", ".a", "a..b", '"', '"a', 'a"b', '"a"b', '"".a']) {
    assert.equal(parseQualifiedName(text), undefined, text);
  }
});
