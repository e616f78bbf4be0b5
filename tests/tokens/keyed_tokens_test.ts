/** The tokens of `hmac-sha256` and `aes-siv`: fixed forever, or columns could no longer be joined. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { aessiv } from "@noble/ciphers/aes.js";
import { encodeBase64 } from "../../src/tokens/base64.ts";
import { findAdapter, TOKEN_SDK_ADAPTERS } from "../../src/tokens/adapters.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import { encodeParts } from "../../src/tokens/token_scope.ts";
import type { TokenContext, TokenSdk } from "../../src/tokens/token_sdk.ts";
import { DETECTOR_CASES, SAMPLE_VALUES } from "./detector_cases.ts";
import {
  hmacJwk,
  jwkSet,
  settingsReader,
  sivJwk,
  testKeyBytes,
} from "../../scripts/servers/test_keys.ts";

const place: TokenContext = {
  platform: "postgres",
  dataset: ["app", "public", "customers"],
  column: "email",
};
const elsewhere: TokenContext = {
  platform: "postgres",
  dataset: ["app", "public", "orders"],
  column: "email",
};
const keyFile = jwkSet(
  await hmacJwk("h2"),
  await sivJwk("s2"),
  await hmacJwk("h1"),
  await sivJwk("s1"),
);

async function open(mode: string, scope = "global", file = keyFile): Promise<TokenSdk> {
  const variables = { TOKEN_KEYS_FILE: "/keys", TOKEN_CONTEXT: scope };
  const adapter = findAdapter(mode)!;
  return await adapter.create(adapter.readSettings(settingsReader(variables, { "/keys": file })));
}

async function tokenOf(sdk: TokenSdk, value: string, context = place): Promise<string> {
  return (await sdk.tokenize([value], context))[0]!;
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

const SCOPES = {
  global: { version: "tk1", letter: "g", parts: [] },
  dataset: { version: "tk2", letter: "d", parts: [place.platform, ...place.dataset] },
  column: { version: "tk2", letter: "c", parts: [place.platform, ...place.dataset, place.column] },
};

for (const [scope, { version, letter, parts }] of Object.entries(SCOPES)) {
  Deno.test(`hmac-sha256 in scope ${scope} is the HMAC of the padded binding and the value`, async () => {
    const binding = encodeParts([`tokenize-action ${version} hmac-sha256`, scope].concat(parts));
    const blocks = new Uint8Array(Math.ceil(binding.length / 64) * 64);
    blocks.set(binding);
    const sdk = await open("hmac-sha256", scope);
    for (const value of SAMPLE_VALUES) {
      const code = createHmac("sha256", await testKeyBytes("h2", 32)).update(blocks).update(value);
      assert.equal(
        await tokenOf(sdk, value),
        `${version}_hmac_${letter}_h2_${code.digest("base64url")}`,
      );
    }
  });

  Deno.test(`aes-siv in scope ${scope} is AES-SIV with the binding as associated data`, async () => {
    const binding = encodeParts([`tokenize-action ${version} aes-siv`, scope].concat(parts));
    const sdk = await open("aes-siv", scope);
    for (const value of SAMPLE_VALUES) {
      const bytes = aessiv(await testKeyBytes("s2", 64), binding)
        .encrypt(new TextEncoder().encode(value));
      assert.equal(await tokenOf(sdk, value), `${version}_siv_${letter}_s2_${base64Url(bytes)}`);
    }
  });
}

Deno.test("tokens stay the same from version to version", async () => {
  const tokens = await Promise.all(
    ["hmac-sha256", "aes-siv"].map(async (mode) => await tokenOf(await open(mode), "Ada Lovelace")),
  );
  assert.deepEqual(tokens, [
    "tk1_hmac_g_h2_ptluOC5IHQ7KnjR3umH70Xv5YRHIDEGqdmkRcpFKGnk",
    "tk1_siv_g_s2_6Xc9dwd-xLs4BxC7oGuJUOZl8g1bTqpMnKeXxw",
  ]);
});

Deno.test("the first of several keys writes, and tokens of all are recognised", async () => {
  for (const [mode, kids] of [["hmac-sha256", "h2 h1"], ["aes-siv", "s2 s1"]] as const) {
    const isToken = toJavaScript((await open(mode)).pattern);
    for (const kid of kids.split(" ")) {
      const key = mode === "aes-siv" ? await sivJwk(kid) : await hmacJwk(kid);
      const alone = await open(mode, "column", jwkSet(key));
      const token = await tokenOf(alone, "Ada");
      assert.match(token, isToken);
      assert.equal(token.split("_")[3], kid);
    }
    assert.equal((await tokenOf(await open(mode), "Ada")).split("_")[3], kids.slice(0, 2));
  }
});

Deno.test("a token of a key that is not in the file only matches the family", async () => {
  for (
    const [mode, key] of [["hmac-sha256", await hmacJwk("x")], [
      "aes-siv",
      await sivJwk("x"),
    ]] as const
  ) {
    const token = await tokenOf(await open(mode, "global", jwkSet(key)), "Ada");
    assert.doesNotMatch(token, toJavaScript((await open(mode)).pattern));
    assert.match(token, toJavaScript(findAdapter(mode)!.family));
  }
});

Deno.test("neither the patterns nor the families of SDKs overlap", async () => {
  const all = await Promise.all(TOKEN_SDK_ADAPTERS.map(async ({ mode, family }) => {
    // one needs a server: its tokens are any 28 bytes and more
    if (mode === "vault-transit") {
      const payloads = SAMPLE_VALUES.map((value) => encodeBase64("x".repeat(28) + value));
      return { patterns: [family], tokens: payloads.map((each) => `vault:v1:${each}`) };
    }
    const sdk = await open(mode);
    return {
      patterns: [sdk.pattern, family],
      tokens: await sdk.tokenize(SAMPLE_VALUES, place),
    };
  }));
  for (const one of all) {
    for (const other of all) {
      for (const pattern of one.patterns) {
        const taken = other.tokens.filter((token) => toJavaScript(pattern).test(token)).length;
        assert.equal(taken, one === other ? SAMPLE_VALUES.length : 0);
      }
    }
  }
});

Deno.test("the patterns of keyed SDKs match neither dummy tokens nor their lookalikes", async () => {
  for (const mode of ["hmac-sha256", "aes-siv"]) {
    const isToken = toJavaScript((await open(mode)).pattern);
    for (const { text } of DETECTOR_CASES) assert.doesNotMatch(text, isToken);
  }
});

const A = (n: number) => "A".repeat(n);
const LOOKALIKES: Readonly<Record<string, readonly [string, boolean]>> = {
  "a code": [`tk1_hmac_g_h2_${A(43)}`, true],
  "any character of the alphabet": [`tk2_hmac_c_h1_-_0z${A(39)}`, true],
  "a code of version 1 in a dataset": [`tk1_hmac_d_h2_${A(43)}`, false],
  "a code of version 1 in a column": [`tk1_hmac_c_h2_${A(43)}`, false],
  "a code that is too short": [`tk1_hmac_g_h2_${A(15)}`, false],
  "a code of 12 bytes": [`tk1_hmac_g_h2_${A(16)}`, true],
  "a code of no whole number of bytes": [`tk1_hmac_g_h2_${A(17)}`, false],
  "a code of 31 bytes": [`tk1_hmac_g_h2_${A(42)}`, true],
  "a code that is too long": [`tk1_hmac_g_h2_${A(44)}`, false],
  "a code with unused bits": [`tk1_hmac_g_h2_${A(42)}B`, false],
  "a code with padding": [`tk1_hmac_g_h2_${A(43)}=`, false],
  "another alphabet": [`tk1_hmac_g_h2_+/${A(41)}`, false],
  "another version": [`tk2_hmac_g_h2_${A(43)}`, false],
  "a later version": [`tk3_hmac_d_h2_${A(43)}`, false],
  "another SDK": [`tk1_hmacs_g_h2_${A(43)}`, false],
  "another scope": [`tk1_hmac_x_h2_${A(43)}`, false],
  "no scope": [`tk1_hmac_h2_${A(43)}`, false],
  "another key": [`tk1_hmac_g_h3_${A(43)}`, false],
  "a longer key id": [`tk1_hmac_g_h22_${A(43)}`, false],
  "two key ids": [`tk1_hmac_g_h2h1_${A(43)}`, false],
  "capital letters": [`TK1_HMAC_G_H2_${A(43)}`, false],
  "a synthetic IV and nothing": [`tk1_siv_g_s2_${A(22)}`, true],
  "one byte encrypted": [`tk1_siv_g_s2_${A(23)}`, true],
  "two bytes encrypted": [`tk1_siv_g_s2_${A(24)}`, true],
  "three bytes encrypted": [`tk1_siv_g_s2_${A(26)}`, true],
  "five bytes encrypted": [`tk1_siv_g_s1_${A(28)}`, true],
  "a truncated synthetic IV": [`tk1_siv_g_s2_${A(21)}`, false],
  "less than a synthetic IV": [`tk1_siv_g_s2_${A(20)}`, false],
  "one character more than a group": [`tk1_siv_g_s2_${A(25)}`, false],
  "unused bits after one byte": [`tk1_siv_g_s2_${A(21)}B`, false],
  "unused bits after two bytes": [`tk1_siv_g_s2_${A(22)}B`, false],
  "nothing": ["tk1_siv_g_s2_", false],
};

for (const [title, [text, expected]] of Object.entries(LOOKALIKES)) {
  Deno.test(`${title} is ${expected ? "" : "not "}accepted as a token`, async () => {
    const mode = /siv/.test(text) ? "aes-siv" : "hmac-sha256";
    assert.equal(toJavaScript((await open(mode)).pattern).test(text), expected);
  });
}

Deno.test("aes-siv reads back its tokens, also those of other keys and scopes", async () => {
  const sdk = await open("aes-siv");
  for (const key of ["s1", "s2"]) {
    for (const scope of Object.keys(SCOPES)) {
      const writer = await open("aes-siv", scope, jwkSet(await sivJwk(key)));
      const tokens = await writer.tokenize(SAMPLE_VALUES, place);
      assert.deepEqual(await sdk.detokenize!(tokens, place), SAMPLE_VALUES);
    }
  }
});

Deno.test("aes-siv distinguishes tokens from lookalikes", async () => {
  const sdk = await open("aes-siv");
  const token = await tokenOf(sdk, "\uFEFFAda Lovelace");
  assert.deepEqual(await sdk.detokenize!([token], elsewhere), ["\uFEFFAda Lovelace"]);
  const head = token.lastIndexOf("_s2_") + 4;
  const changed = [...Array(token.length - head).keys()].map((i) => {
    const at = head + i;
    return token.slice(0, at) + (token[at] === "A" ? "Q" : "A") + token.slice(at + 1);
  });
  const others = [
    token.replace("_s2_", "_s1_"),
    token.replace("_g_", "_d_"),
    token.replace("_s2_", "_s3_"),
    `${token}\n`,
    "Ada Lovelace",
    "",
    `tk1_siv_g_s2_${A(22)}`,
  ];
  const read = await sdk.detokenize!([...changed, ...others, token], place);
  assert.deepEqual(read, [
    ...changed.map(() => null),
    ...others.map(() => null),
    "\uFEFFAda Lovelace",
  ]);
});

Deno.test("a token that is bound to one column is not accepted in another", async () => {
  const [dataset, column] = [await open("aes-siv", "dataset"), await open("aes-siv", "column")];
  const inDataset = await tokenOf(dataset, "Ada");
  const inColumn = await tokenOf(column, "Ada");
  const otherColumn = { ...place, column: "name" };
  const read = (context: TokenContext) => column.detokenize!([inDataset, inColumn], context);
  assert.deepEqual(await read(place), ["Ada", "Ada"]);
  assert.deepEqual(await read(otherColumn), ["Ada", null]);
  assert.deepEqual(await read(elsewhere), [null, null]);
});

Deno.test("a token of megabytes is recognised, but not with one more character", async () => {
  for (const mode of ["hmac-sha256", "aes-siv"]) {
    const sdk = await open(mode);
    const isToken = toJavaScript(sdk.pattern);
    for (const length of [1_000_000, 1_000_001, 5_000_002]) {
      const token = await tokenOf(sdk, "x".repeat(length));
      assert.ok(isToken.test(token));
      assert.ok(!isToken.test(`${token}\n`));
      assert.ok(!isToken.test(`${token}=`));
    }
  }
});
