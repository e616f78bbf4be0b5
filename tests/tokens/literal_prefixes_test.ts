import assert from "node:assert/strict";
import {
  commonPrefix,
  literalPrefixes,
  mayOverlap,
  shorten,
} from "../../src/tokens/literal_prefixes.ts";
import { tokenPattern } from "../../src/tokens/token_pattern.ts";

const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  "tok_(?:a)*_poc": ["tok_"],
  "ab?c": ["a"],
  "ab*": ["a"],
  "ab{0,2}": ["a"],
  "ab+": ["ab"],
  "ab{2}c": ["abbc"],
  "a|b": ["a", "b"],
  "(?:a|b)c": ["ac", "bc"],
  "a|ab": ["a"],
  "abc": ["abc"],
  "x[yz]": ["xy", "xz"],
  "x[a-z]y": ["x"],
  "x[a-d][a-d][a-d]": [..."abcd"].flatMap((one) => [..."abcd"].map((two) => `x${one}${two}`)),
  "[a-z]x": [""],
  "x|[a-z]": [""],
  "tk(?:1_a|2_b)_(?:k1|k2)_[a-z]+": ["tk1_a_k1_", "tk1_a_k2_", "tk2_b_k1_", "tk2_b_k2_"],
};

for (const [body, beginnings] of Object.entries(BEGINNINGS)) {
  Deno.test(`every match of ${body} begins like one of ${beginnings.join(", ") || "nothing"}`, () => {
    assert.deepEqual(literalPrefixes(tokenPattern(body)), beginnings);
  });
}

Deno.test("patterns overlap unless their beginnings rule it out", () => {
  const overlap = (one: string, other: string) =>
    mayOverlap(tokenPattern(one), tokenPattern(other));
  assert.equal(overlap("tk(?:1_a|2_b)_x", "tk(?:1_b|2_a)_x"), false);
  assert.equal(overlap("tk(?:1_a|2_b)_x", "tk2[a-z_]*"), true);
  assert.equal(overlap("[a-z]", "x"), true);
});

Deno.test("beginnings are shortened until they are few enough", () => {
  assert.equal(commonPrefix(["tok_", "tk1_", "tk2_"]), "t");
  assert.equal(commonPrefix(["a", "b"]), "");
  assert.deepEqual(shorten(["tk1_a", "tk2_b", "tk2_c"], 3), ["tk1_a", "tk2_b", "tk2_c"]);
  assert.deepEqual(shorten(["tk1_a", "tk2_b", "tk2_c"], 2), ["tk1_", "tk2_"]);
  assert.deepEqual(shorten(["tk1_a", "tk2_b", "x"], 1), [""]);
});
