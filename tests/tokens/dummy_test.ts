import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { dummy } from "../../src/tokens/dummy.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import { DETECTOR_CASES, SAMPLE_VALUES } from "./detector_cases.ts";

const sdk = await dummy.create(null);
const isToken = toJavaScript(sdk.pattern);
const context = { platform: "postgres", dataset: ["app", "public", "customers"], column: "email" };
const tokenize = (values: readonly string[]) => Promise.resolve(sdk.tokenize(values, context));

Deno.test("dummy tokens have the documented form", async () => {
  assert.deepEqual(await tokenize(["", "a", "Ada Lovelace", "静香", "💌"]), [
    "tok__poc",
    "tok_YQ==_poc",
    "tok_QWRhIExvdmVsYWNl_poc",
    "tok_6Z2Z6aaZ_poc",
    "tok_8J+SjA==_poc",
  ]);
});

Deno.test("a dummy token is base64 of the value in UTF-8, for any length and alphabet", async () => {
  for (const value of SAMPLE_VALUES) {
    const [token] = await tokenize([value]);
    const body = token!.slice("tok_".length, -"_poc".length);
    assert.equal(Buffer.from(body, "base64").toString("utf8"), value);
  }
});

Deno.test("dummy tokenizes in order, deterministically, and accepts an empty batch", async () => {
  assert.deepEqual(await tokenize(["b", "a", "b"]), [
    "tok_Yg==_poc",
    "tok_YQ==_poc",
    "tok_Yg==_poc",
  ]);
  assert.deepEqual(await tokenize([]), []);
});

Deno.test("a lookalike whose bytes are not UTF-8 is not read back", async () => {
  assert.deepEqual(await sdk.detokenize!(["tok_/w==_poc", "tok_YQ==_poc"], context), [null, "a"]);
});

for (const { title, text, isToken: expected } of DETECTOR_CASES) {
  Deno.test(`the detector in JavaScript ${expected ? "accepts" : "rejects"} ${title}`, () => {
    assert.equal(isToken.test(text), expected);
  });
}

Deno.test("the detector accepts the token of any value, and its length was predicted", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), async (value) => {
    const [token] = await tokenize([value]);
    assert.match(token!, isToken);
    assert.ok(token!.length <= sdk.maxTokenLength(Buffer.byteLength(value)));
  }));
});

Deno.test("the predicted length is exact, so that no column is refused needlessly", async () => {
  for (let bytes = 0; bytes < 200; bytes++) {
    const [token] = await tokenize(["x".repeat(bytes)]);
    assert.equal(sdk.maxTokenLength(bytes), token!.length);
  }
});

Deno.test("the detector accepts a token of 20 million bytes", async () => {
  const [token] = await tokenize(["x".repeat(20_000_000)]);
  assert.ok(isToken.test(token!));
  assert.ok(!isToken.test(token! + "\n"));
});
