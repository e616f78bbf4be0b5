/**
 * docs/token-format.md and its vectors are what the program does. The vectors come from Python's
 * `hmac` and the `AESSIV` of its package `cryptography`; only the empty value under aes-siv, which
 * that one refuses, comes from @noble/ciphers. Never write them with this program's own code: when
 * the specification changes, compute them again from its text.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { aessiv } from "@noble/ciphers/aes.js";
import vectors from "../../docs/token-format-vectors.json" with { type: "json" };
import { jwkSet, openKeyed } from "../../scripts/servers/test_keys.ts";
import { findAdapter, TOKEN_SDK_ADAPTERS } from "../../src/tokens/adapters.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import { bindingOf, type TokenScope } from "../../src/tokens/token_scope.ts";
import type { TokenContext, TokenSdk } from "../../src/tokens/token_sdk.ts";
import { VAULT_TOKENS } from "../../src/tokens/vault/vault_token.ts";

type Vector = {
  sdk: string;
  scope?: string;
  place?: TokenContext;
  hmacBytes?: number;
  value: string;
  token: string;
};

const page = await Deno.readTextFile(new URL("../../docs/token-format.md", import.meta.url));
const ALGORITHMS: Record<string, string> = {
  "hmac-sha256": "HS256",
  "aes-siv": "AEAD_AES_SIV_CMAC_512",
};

function keyOf(sdk: string): { kid: string; bytes: Uint8Array<ArrayBuffer> } {
  const { kid, hex } = vectors.keys.find((key) => key.sdk === sdk) ?? assert.fail(sdk);
  return { kid, bytes: Uint8Array.fromHex(hex) };
}

/** The program's own SDK, with the vectors' key. */
async function openSdk(sdk: string, scope?: string, hmacBytes = 32): Promise<TokenSdk> {
  if (sdk === "dummy") return await findAdapter("dummy")!.create(null);
  const { kid, bytes } = keyOf(sdk);
  const k = base64Url(bytes);
  return await openKeyed(sdk, jwkSet({ kty: "oct", kid, alg: ALGORITHMS[sdk], k }), scope, {
    TOKEN_HMAC_BYTES: String(hmacBytes),
  });
}

/** Pre-Authentication Encoding, as the page describes it. */
function encode(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const numbered = (count: number) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(count), true);
    return [...bytes];
  };
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const encoded = parts.flatMap((part) => numbered(part.length).concat([...part]));
  return new Uint8Array(numbered(parts.length).concat(encoded));
}

function bindingAsDescribed(
  domain: string,
  scope: string,
  { platform, dataset, column }: TokenContext = vectors.place,
): Uint8Array<ArrayBuffer> {
  const parts: Record<string, string[]> = {
    global: [],
    dataset: [platform, ...dataset],
    column: [platform, ...dataset, column],
  };
  return encode([domain, scope].concat(parts[scope] ?? assert.fail(scope)));
}

/** The token as the page describes it, by other implementations than the program's. */
function tokenAsDescribed(
  { sdk, scope = "global", place, hmacBytes = 32, value }: Vector,
): string {
  const text = new TextEncoder().encode(value);
  if (sdk === "dummy") return `tok_${text.toBase64()}_poc`;
  const { kid, bytes } = keyOf(sdk);
  const format = scope === "global" ? "tk1" : "tk2";
  const binding = bindingAsDescribed(`tokenize-action ${format} ${sdk}`, scope, place);
  if (sdk === "aes-siv") {
    const payload = aessiv(bytes, binding).encrypt(text);
    return `${format}_siv_${scope[0]}_${kid}_${base64Url(payload)}`;
  }
  const zeros = new Uint8Array(Math.ceil(binding.length / 64) * 64 - binding.length);
  const code = createHmac("sha256", bytes).update(binding).update(zeros).update(text);
  return `${format}_hmac_${scope[0]}_${kid}_${
    base64Url(new Uint8Array(code.digest().subarray(0, hmacBytes)))
  }`;
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

Deno.test("there are vectors of every SDK that computes its tokens itself, in every scope", () => {
  const seen = new Set(vectors.vectors.map(({ sdk, scope }: Vector) => `${sdk} ${scope ?? ""}`));
  const expected = ["dummy "];
  for (const sdk of Object.keys(ALGORITHMS)) {
    for (const scope of ["global", "dataset", "column"]) expected.push(`${sdk} ${scope}`);
  }
  assert.deepEqual([...seen].sort(), expected.sort());
  const modes = TOKEN_SDK_ADAPTERS.map(({ mode }) => mode);
  assert.deepEqual(modes.filter((mode) => !page.includes(`\n## ${mode}\n`)).sort(), [
    "aes-siv",
    "hmac-sha256",
  ]);
});

Deno.test("the program makes, recognises and reads back the vectors' tokens", async () => {
  for (const vector of vectors.vectors as Vector[]) {
    const { sdk: mode, scope, place = vectors.place, hmacBytes, value, token } = vector;
    const sdk = await openSdk(mode, scope, hmacBytes);
    assert.deepEqual(await sdk.tokenize([value], place), [token]);
    assert.match(token, toJavaScript(sdk.pattern));
    assert.match(token, toJavaScript(sdk.current ?? sdk.pattern));
    assert.ok(token.length <= sdk.maxTokenLength(new TextEncoder().encode(value).length));
    if (sdk.detokenize) assert.deepEqual(await sdk.detokenize([token], place), [value]);
  }
});

Deno.test("the vectors' tokens are what the page describes, computed without the program", () => {
  for (const vector of vectors.vectors as Vector[]) {
    assert.equal(tokenAsDescribed(vector), vector.token);
  }
});

Deno.test("no two places of a vector's value share a token", () => {
  const { vectors: all } = vectors as { vectors: readonly Vector[] };
  assert.equal(new Set(all.map(({ token }) => token)).size, all.length);
  const places = new Set(all.map(({ place }) => JSON.stringify(place)));
  assert.ok(places.size > 4);
});

Deno.test("former tokens are recognised, and left alone as those of an SDK that no longer writes", async () => {
  assert.ok(vectors.formerTokens.length > 0);
  for (const token of vectors.formerTokens) {
    const mode = token.includes("_siv_") ? "aes-siv" : "hmac-sha256";
    assert.match(token, toJavaScript(findAdapter(mode)!.family));
    for (const scope of ["global", "dataset", "column"]) {
      const sdk = await openSdk(mode, scope);
      assert.doesNotMatch(token, toJavaScript(sdk.pattern));
      if (sdk.detokenize) assert.deepEqual(await sdk.detokenize([token], vectors.place), [null]);
    }
  }
});

Deno.test("the context that Vault receives is the binding, as the page describes it", () => {
  for (const { scope, context } of vectors.vaultContexts) {
    const domain = "tokenize-action vault-transit";
    assert.equal(bindingOf(domain, scope as TokenScope, vectors.place).toBase64(), context);
    assert.equal(bindingAsDescribed(domain, scope).toBase64(), context);
  }
  assert.ok(page.includes(`\`${vectors.vaultContexts[0]!.context}\``));
});

Deno.test("what the page calls no token is recognised by no SDK", () => {
  for (const text of vectors.notTokens) {
    for (const { family } of TOKEN_SDK_ADAPTERS) assert.doesNotMatch(text, toJavaScript(family));
  }
});

Deno.test("the tokens that the page shows have the form it gives them", async () => {
  const shown = [...page.matchAll(/^((?:tk1_|vault:)\S+)$/gm)].map(([, token]) => token!);
  assert.equal(shown.length, 2);
  const { family } = TOKEN_SDK_ADAPTERS.find(({ mode }) => mode === "hmac-sha256")!;
  assert.match(shown[0]!, toJavaScript(family));
  assert.match(shown[1]!, toJavaScript(VAULT_TOKENS));
  const { pattern } = await openSdk("hmac-sha256");
  const [, heads, payload] = page.match(
    /\| `hmac-sha256`\s+\| (`tk1_hmac_g_KID_` or `tk2_hmac_\[dc\]_KID_`), then `(\S+)`/,
  )!;
  const described = [...heads!.matchAll(/`(\S+)`/g)].map(([, head]) =>
    (head + payload!).replace("KID", "2026a").replaceAll("\\|", "|").replaceAll(
      "B",
      "[A-Za-z0-9_-]",
    )
  );
  const isToken = new RegExp(`^(?:${described.join("|")})$`);
  for (const head of ["tk1_hmac_g", "tk2_hmac_d", "tk2_hmac_c", "tk1_hmac_d", "tk2_hmac_g"]) {
    const token = `${head}_2026a_${"A".repeat(43)}`;
    assert.equal(isToken.test(token), toJavaScript(pattern).test(token), token);
  }
  for (const { sdk, token } of vectors.vectors) {
    assert.equal(isToken.test(token), sdk === "hmac-sha256");
  }
  for (let bytes = 1; bytes < 40; bytes++) {
    const token = `tk1_hmac_g_2026a_${base64Url(new Uint8Array(bytes).fill(0xff))}`;
    assert.equal(isToken.test(token), bytes >= 12 && bytes <= 32);
    assert.equal(toJavaScript(pattern).test(token), isToken.test(token));
  }
});
