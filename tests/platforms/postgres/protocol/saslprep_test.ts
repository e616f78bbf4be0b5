/** SASLprep by the examples of RFC 4013. */
import assert from "node:assert/strict";
import { saslPrep } from "../../../../src/platforms/postgres/protocol/saslprep.ts";

Deno.test("the examples of RFC 4013 are reproduced", () => {
  assert.equal(saslPrep("I\u00ADX"), "IX");
  assert.equal(saslPrep("user"), "user");
  assert.equal(saslPrep("USER"), "USER");
  assert.equal(saslPrep("\u00AA"), "a");
  assert.equal(saslPrep("\u2168"), "IX");
});

Deno.test("a password that SASLprep does not allow is taken as it is, as PostgreSQL does", () => {
  const refused = {
    "a control character": "\u2168\u0080",
    "another control character among ASCII": "pass\u0007word",
    "a character that was not assigned in Unicode 3.2": "\u2168\u{1F600}",
    "private use": "\u2168\uE000",
    "right to left with a digit at the end": "\u0627\u2168" + "1",
    "right to left and left to right": "\u0627a\uFF21\u0628",
    "a replacement character": "\u2168\uFFFD",
    "nothing is left": "\u00AD",
  };
  for (const [title, password] of Object.entries(refused)) {
    assert.equal(saslPrep(password), password, title);
  }
});

Deno.test("spaces become one kind, and what is not seen goes", () => {
  assert.equal(saslPrep("a\u00A0b\u3000c"), "a b c");
  assert.equal(saslPrep("a\u200Db\uFEFFc\uFE0F"), "abc");
  assert.equal(saslPrep("\u0627\u0640\u0628"), "\u0627\u0640\u0628");
  assert.equal(saslPrep("e\u0301"), "\u00E9");
});
