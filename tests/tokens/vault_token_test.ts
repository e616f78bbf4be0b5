/** Tokens of Vault, and texts that only look like one, in JavaScript. */
import assert from "node:assert/strict";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import {
  byteLength,
  maxPayloadBytes,
  tokenHead,
  tokenLength,
  tokensOfVersion,
  VAULT_TOKENS,
  versionOf,
} from "../../src/tokens/vault/vault_token.ts";
import { splitEvenly } from "../../src/tokens/vault/batching.ts";
import { VAULT_DETECTOR_CASES } from "./vault_detector_cases.ts";

const isToken = toJavaScript(VAULT_TOKENS);

for (const { title, text, isToken: expected } of VAULT_DETECTOR_CASES) {
  Deno.test(`the detector of Vault's tokens ${expected ? "accepts" : "rejects"} ${title}`, () => {
    assert.equal(isToken.test(text), expected);
  });
}

Deno.test("the pattern of a version matches only tokens of that version", () => {
  const tokens = VAULT_DETECTOR_CASES.filter((each) => each.isToken).map(({ text }) => text);
  for (const version of [1, 2, 12, 123_456_789]) {
    const ofVersion = toJavaScript(tokensOfVersion(version));
    const taken = tokens.filter((token) => ofVersion.test(token));
    assert.deepEqual(taken, tokens.filter((token) => versionOf(token) === version));
  }
  assert.equal(versionOf("vault:v12:"), 12);
  for (const text of ["vault:v0:", "vault:v01:", "vault:v1", "Vault:v1:", ""]) {
    assert.equal(versionOf(text), undefined);
  }
});

Deno.test("the length of a token follows from the number of bytes in it, and vice versa", () => {
  for (const version of [1, 9, 10, 123]) {
    for (let bytes = 28; bytes < 100; bytes++) {
      const token = tokenHead(version) + new Uint8Array(bytes).toBase64();
      assert.equal(token.length, tokenLength(version, bytes));
      assert.equal(byteLength(token), bytes);
      assert.ok(isToken.test(token));
      assert.ok(maxPayloadBytes(token.length) >= bytes);
    }
  }
  assert.equal(maxPayloadBytes(tokenLength(1, 30)), 30);
  assert.deepEqual([maxPayloadBytes(0), maxPayloadBytes(9), maxPayloadBytes(12)], [0, 0, 0]);
});

Deno.test("a token of megabytes is recognised, but not with one more character", () => {
  for (const bytes of [3_000_000, 3_000_001, 15_000_002]) {
    const token = tokenHead(1) + new Uint8Array(bytes).toBase64();
    assert.ok(isToken.test(token));
    assert.ok(!isToken.test(`${token}\n`));
    assert.ok(!isToken.test(`${token}=`));
  }
});

Deno.test("a batch is divided evenly among as few requests as possible", () => {
  const limits = { maxItems: 240, maxBytes: 1_000, extraBytes: 0 };
  const sizes = (count: number, text = "") =>
    splitEvenly(Array<string>(count).fill(text), limits).map(({ length }) => length);
  assert.deepEqual(sizes(0), [0]);
  assert.deepEqual(sizes(1), [1]);
  assert.deepEqual(sizes(240), [240]);
  assert.deepEqual(sizes(241), [121, 120]);
  assert.deepEqual(sizes(960), Array(4).fill(240));
  assert.deepEqual(sizes(1_000), Array(5).fill(200));
  assert.deepEqual(sizes(10, "x".repeat(300)), [3, 3, 3, 1]);
  assert.deepEqual(sizes(3, "x".repeat(3_000)), [1, 1, 1]);
});
