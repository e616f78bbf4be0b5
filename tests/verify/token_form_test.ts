/** What verification takes for a token is what the specification says, and what the program takes for one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import vectors from "../../docs/token-format-vectors.json" with { type: "json" };
import { TOKEN_SDK_ADAPTERS } from "../../src/tokens/adapters.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import { vaultBinding } from "../../src/verify/binding.ts";
import { ColumnJudge } from "../../src/verify/judge.ts";
import type { KnownKeys } from "../../src/verify/known_keys.ts";
import { readToken, type Scope } from "../../src/verify/token_form.ts";
import { near } from "../support/properties.ts";

type Vector = (typeof vectors.vectors)[number] & {
  readonly scope?: string;
  readonly place?: {
    readonly platform: string;
    readonly dataset: string[];
    readonly column: string;
  };
};

const keys = vectors.keys.map(({ sdk, kid, hex }) => ({
  sdk: sdk as "aes-siv" | "hmac-sha256",
  id: kid,
  bytes: Uint8Array.fromHex(hex),
}));
const families = TOKEN_SDK_ADAPTERS.map(({ family }) => toJavaScript(family));

Deno.test("each vector is a token of its SDK, authentic in its place and, if it is bound, in no other", async () => {
  for (const vector of vectors.vectors as Vector[]) {
    const { sdk, token, scope } = vector;
    const { platform, dataset, column } = vector.place ?? vectors.place;
    const known = { sdk: sdk as KnownKeys["sdk"], scope: "global" as const, keys };
    const judge = new ColumnJudge({ platform, path: dataset, column }, known);
    const [judged] = await judge.judge([token]);
    assert.equal(judged?.standing, "token", token);
    assert.equal(judged?.form.sdk, sdk);
    assert.equal(judged?.checked, sdk === "hmac-sha256" ? "form" : "opened");
    if (scope === undefined) continue;
    assert.equal(judged?.form.scope, scope);
    const elsewhere = new ColumnJudge({ platform, path: [...dataset, "x"], column }, known);
    const isBound = sdk === "aes-siv" && scope !== "global";
    const [moved] = await elsewhere.judge([token]);
    assert.equal(moved?.standing, isBound ? "lookalike" : "token", token);
  }
});

Deno.test("texts that are no tokens are plain, and tokens of earlier versions are foreign", async () => {
  const { platform, dataset, column } = vectors.place;
  const judge = new ColumnJudge({ platform, path: dataset, column }, {
    sdk: "aes-siv",
    scope: "global",
    keys,
  });
  assert.ok((await judge.judge(vectors.notTokens)).every((judged) => judged === undefined));
  const former = await judge.judge(vectors.formerTokens);
  assert.deepEqual(former.map((judged) => judged?.standing), former.map(() => "foreign"));
});

Deno.test("it draws the line where the program's own patterns do, near every kind of token", () => {
  const samples = [...vectors.vectors.map(({ token }) => token), ...vectors.formerTokens];
  const vault = `vault:v3:${"QUJD".repeat(12)}`;
  const alphabet = "AQgwEIMUYcgkosw048Zz09-_+/=:tkvp \n";
  fc.assert(
    fc.property(near([...samples, vault, ...vectors.notTokens], alphabet), (text) => {
      const isFamily = families.some((family) => family.test(text));
      assert.equal(readToken(text) !== undefined, isFamily, JSON.stringify(text));
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("the bindings of vault-transit are those of the vectors", () => {
  const { platform, dataset, column } = vectors.place;
  for (const { scope, context } of vectors.vaultContexts) {
    const binding = vaultBinding(scope as Scope, { platform, path: dataset, column });
    assert.equal(binding.toBase64(), context);
  }
});

Deno.test("a token may be as long as any value", () => {
  const long = "QUJD".repeat(4_000_000);
  for (const token of [`tk1_siv_g_2026a_${long}`, `tok_${long}_poc`, `vault:v1:${long}`]) {
    assert.equal(readToken(token)?.payload.length, long.length);
    assert.equal(readToken(`${token} `), undefined);
  }
});
