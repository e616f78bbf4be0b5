import assert from "node:assert/strict";
import { toJavaScript, tokenPattern, toPostgres, toSpark } from "../../src/tokens/token_pattern.ts";

for (
  const body of [
    "",
    "^a",
    "a$",
    "a.b",
    "a\\d",
    "(a)",
    "(?=a)",
    "(?!a)",
    "(?<n>a)",
    "a'b",
    'a"b',
    "a b",
    "é",
    "a\n",
  ]
) {
  Deno.test(`a pattern outside the shared subset is refused: ${JSON.stringify(body)}`, () => {
    assert.throws(() => tokenPattern(body), /outside the subset/);
  });
}

Deno.test("a pattern of alternatives matches only the whole value", () => {
  const pattern = tokenPattern("a+|b{2}");
  const isToken = toJavaScript(pattern);
  assert.deepEqual(
    ["aa", "bb", "aab", "bba", "xa", "bbx", "a\n"].map((text) => isToken.test(text)),
    [
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ],
  );
  assert.equal(toPostgres(pattern), "^(?:a+|b{2})$");
  assert.equal(toSpark(pattern), "\\A(?:a+|b{2})\\z");
});

Deno.test("a pattern is frozen", () => {
  assert.throws(() => Object.assign(tokenPattern("a"), { body: "b" }), TypeError);
});
