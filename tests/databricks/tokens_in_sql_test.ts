/** The detector and the dummy token in Spark's SQL: the same results as in JavaScript. */
import assert from "node:assert/strict";
import { isToken } from "../../src/platforms/databricks/sql/table_expressions.ts";
import { toJavaScript } from "../../src/tokens/token_pattern.ts";
import { VAULT_TOKENS } from "../../src/tokens/vault/vault_token.ts";
import { DETECTOR_CASES } from "../tokens/detector_cases.ts";
import { LOCAL_MODES, lookalikes, openSdk } from "../tokens/lookalikes.ts";
import { VAULT_DETECTOR_CASES } from "../tokens/vault_detector_cases.ts";
import { pushdown } from "./action.ts";
import { literal, type Place, warehouseTest } from "./place.ts";

/** What an expression over `v` gives for each text. */
async function evaluate(place: Place, texts: readonly string[], expression: string) {
  const json = literal(JSON.stringify(texts));
  const rows = await place.sql(
    `SELECT ${expression} AS result FROM (SELECT posexplode(from_json(${json}, ` +
      "'array<string>')) AS (i, v)) ORDER BY i",
  );
  return rows.map(({ result }) => result);
}

warehouseTest("the detector in Spark tells tokens from lookalikes", async (place) => {
  const texts = DETECTOR_CASES.map(({ text }) => text);
  const found = await evaluate(place, texts, isToken("v", pushdown.pattern));
  assert.deepEqual(
    DETECTOR_CASES.map(({ title }, i) => [title, found[i]]),
    DETECTOR_CASES.map(({ title, isToken }) => [title, isToken]),
  );
});

warehouseTest("the detector in Spark tells Vault's tokens from lookalikes", async (place) => {
  const texts = VAULT_DETECTOR_CASES.map(({ text }) => text);
  const found = await evaluate(place, texts, isToken("v", VAULT_TOKENS));
  assert.deepEqual(
    VAULT_DETECTOR_CASES.map(({ title }, i) => [title, found[i]]),
    VAULT_DETECTOR_CASES.map(({ title, isToken }) => [title, isToken]),
  );
});

warehouseTest(
  "Spark makes the same dummy tokens as JavaScript, and accepts them",
  async (place) => {
    const lengths = [0, 1, 2, 3, 55, 56, 57, 58, 59, 60, 114, 115, 1000];
    const texts = [
      ...lengths.flatMap((length) => ["x".repeat(length), "é".repeat(length)]),
      "漢字 😀",
      "\n",
      "a\r\n",
      "'",
      '"',
      "\\",
      "\\n",
      "\u0000\u0001\u007f",
      "\u{10FFFF}\u{FFFD}",
      ...DETECTOR_CASES.map(({ text }) => text),
    ];
    const expression = `(${pushdown.sqlExpression!("spark", "v")})`;
    const tokens = await pushdown.tokenize(texts, {
      platform: "postgres",
      dataset: [],
      column: "",
    });
    assert.deepEqual(await evaluate(place, texts, expression), tokens);
    const known = await evaluate(place, texts, isToken(expression, pushdown.pattern));
    assert.deepEqual(known, texts.map(() => true));
  },
);

for (const mode of LOCAL_MODES) {
  warehouseTest(
    `${mode}: JavaScript and Spark agree on thousands of near-tokens`,
    async (place) => {
      const { pattern } = await openSdk(mode);
      const texts = await lookalikes(await openSdk(mode), 3000);
      const found = await evaluate(place, texts, isToken("v", pattern));
      const expected = toJavaScript(pattern);
      assert.deepEqual(texts.filter((text, i) => expected.test(text) !== found[i]), []);
      assert.ok(found.filter(Boolean).length > 10);
    },
  );
}
