/** Tokens of any text, and their detectors in JavaScript and in Postgres. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { guard } from "../../src/platforms/postgres/sql/guards.ts";
import { toPredicate } from "../../src/tokens/selection.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { anyString, anyText, holds } from "../support/properties.ts";
import { LOCAL_MODES, lookalikes, openSdk } from "./lookalikes.ts";

const { sql } = await useDatabase();

const PLACE = { platform: "postgres", dataset: ["a", "b", "c"], column: "d" };
const LOOKALIKES = 5000;

async function readBack(sdk: TokenSdk, tokens: readonly string[]): Promise<(string | null)[]> {
  if (sdk.detokenize !== undefined) return await sdk.detokenize(tokens, PLACE);
  return tokens.map((token) => Buffer.from(token.slice(4, -4), "base64").toString("utf8"));
}

for (const mode of LOCAL_MODES) {
  Deno.test(`${mode}: any texts have tokens, in order, that decode to them`, async () => {
    const sdk = await openSdk(mode);
    const isToken = toJavaScript(sdk.pattern);
    await holds(
      fc.asyncProperty(fc.array(anyText, { maxLength: 20 }), async (texts) => {
        const tokens = await sdk.tokenize(texts, PLACE);
        assert.ok(tokens.every((token) => isToken.test(token)));
        assert.deepEqual(await sdk.tokenize(texts, PLACE), tokens);
        assert.equal(new Set(tokens).size, new Set(texts).size);
        if (mode !== "hmac-sha256") assert.deepEqual(await readBack(sdk, tokens), texts);
      }),
      500,
    );
  });

  Deno.test(`${mode}: half a surrogate pair, which no database stores, counts as U+FFFD`, async () => {
    const sdk = await openSdk(mode);
    await holds(
      fc.asyncProperty(anyString, async (text) => {
        const [token, wellFormed] = await sdk.tokenize([text, text.toWellFormed()], PLACE);
        assert.equal(token, wellFormed);
      }),
      500,
    );
    const [half, replacement] = await sdk.tokenize(["a\ud800b", "a\ufffdb"], PLACE);
    assert.equal(half, replacement);
  });

  Deno.test(`${mode}: JavaScript and Postgres agree on thousands of near-tokens`, async () => {
    const sdk = await openSdk(mode);
    const texts = await lookalikes(sdk, LOOKALIKES);
    const selection = { exclude: [sdk.pattern] };
    const rows = await sql.unsafe(
      `select ${guard("v", selection)} as selected
       from unnest($1::text[]) with ordinality as t(v, n) order by n`,
      [texts],
    );
    const isSelected = toPredicate(selection);
    const differing = texts.filter((text, i) => isSelected(text) !== rows[i]!.selected);
    assert.deepEqual(differing, []);
    const tokens = texts.filter((text) => !isSelected(text)).length;
    assert.ok(tokens > 10 && tokens < texts.length - 10, `${tokens} tokens of ${texts.length}`);
  });
}
