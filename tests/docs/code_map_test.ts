import assert from "node:assert/strict";
import { purposeOf } from "../../scripts/docs/code_map.ts";

Deno.test("a file's purpose is the first sentence of the comment that it begins with", () => {
  assert.equal(purposeOf("/** One. And two. */\ncode"), "One");
  assert.equal(
    purposeOf("/**\n * Keys (RFC 7517) of `a.ts`, by\n * name. More.\n */"),
    "Keys (RFC 7517) of `a.ts`, by name",
  );
  assert.equal(purposeOf("/**\n * A format:\n *\n *     example\n */"), "A format");
  assert.equal(purposeOf("/**\n * Words\n * - One: it.\n */"), "Words");
  assert.throws(() => purposeOf("import 1;"), { message: /Cannot find the comment/ });
});
