/** The conformance tests can fail: one of them finds each fault that an SDK may have. */
import assert from "node:assert/strict";
import { ServiceError } from "../../src/errors.ts";
import { dummy } from "../../src/tokens/dummy.ts";
import type { PackedTexts } from "../../src/tokens/packed_texts.ts";
import { tokenPattern } from "../../src/tokens/token_pattern.ts";
import type { TokenSdk, TokenSdkAdapter } from "../../src/tokens/token_sdk.ts";
import { conformanceChecks } from "./conformance.ts";

/** As it writes texts alone; `PACKED` has the other half. */
const { tokenizeBytes, detokenizeBytes, ...good } = await dummy.create(null);
const PACKED = { tokenizeBytes: tokenizeBytes!, detokenizeBytes: detokenizeBytes! };

/** The same with an extra byte after the texts. */
function lengthened({ bytes, ends }: PackedTexts): PackedTexts {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  return { bytes: longer, ends };
}

type Tokenize = (values: readonly string[]) => string[] | Promise<string[]>;

const tokenOf = (value: string) =>
  (good.tokenize([value], { platform: "postgres", dataset: [], column: "" }) as string[])[0]!;
const each = (change: (value: string, i: number) => string): Tokenize => (values) =>
  values.map((value, i) => tokenOf(change(value, i)));

/** The dummy SDK with something changed, and the title of the test that finds it. */
interface Fault {
  readonly found: string;
  readonly sdk?: Partial<TokenSdk>;
  readonly adapter?: Partial<TokenSdkAdapter<null>>;
}

let calls = 0;
let shared: readonly string[] = [];

const FAULTS: Readonly<Record<string, Fault>> = {
  "tokens change from call to call": {
    found: "equal values give equal tokens",
    sdk: {
      tokenize: (values) => {
        calls++;
        return values.map((value) => tokenOf(`${value}${calls}`));
      },
    },
  },
  "the case of letters is lost": {
    found: "different values give different tokens",
    sdk: { tokenize: each((value) => value.toLowerCase()) },
  },
  "spaces around a value are lost": {
    found: "different values give different tokens",
    sdk: { tokenize: each((value) => value.trim()) },
  },
  "values are normalized": {
    found: "different values give different tokens",
    sdk: { tokenize: each((value) => value.normalize()) },
  },
  "values are truncated": {
    found: "different values give different tokens",
    sdk: { tokenize: each((value) => value.slice(0, 12)) },
  },
  "a large batch is returned in another order": {
    found: "tokens are in the order",
    sdk: {
      tokenize: (values) => values.map(tokenOf)[values.length > 2_000 ? "reverse" : "slice"](),
    },
  },
  "a large batch is truncated": {
    found: "tokens are in the order",
    sdk: { tokenize: (values) => values.slice(0, 1_000).map(tokenOf) },
  },
  "duplicates within a batch are left out": {
    found: "values that occur several times",
    sdk: { tokenize: (values) => [...new Set(values)].map(tokenOf) },
  },
  "the place in the batch changes tokens": {
    found: "tokens are in the order",
    sdk: { tokenize: each((value, i) => `${value}${i === 0}`) },
  },
  "calls share their state": {
    found: "concurrent calls do not mix",
    sdk: {
      tokenize: async (values) => {
        shared = values;
        await Promise.resolve();
        return shared.map(tokenOf);
      },
    },
  },
  "the given values are changed": {
    found: "equal values give equal tokens",
    sdk: {
      tokenize: (values) => {
        (values as string[]).sort();
        return values.map(tokenOf);
      },
    },
  },
  "the column changes tokens although it should not": {
    found: "the place changes tokens",
    sdk: { tokenize: (values, { column }) => values.map((value) => tokenOf(column + value)) },
  },
  "the detector accepts natural text": {
    found: "the detector rejects natural text",
    sdk: { pattern: tokenPattern("tok_[A-Za-z0-9+/=]*_poc") },
  },
  "the detector accepts long texts": {
    found: "the detector rejects natural text",
    sdk: { pattern: tokenPattern("[A-Za-z0-9+/=_]{8,255}") },
  },
  "the detector rejects the token of the empty value": {
    found: "the detector accepts the token of any text",
    sdk: { pattern: tokenPattern("tok_[A-Za-z0-9+/=]+_poc") },
  },
  "the family is another SDK's": {
    found: "the detector accepts the token of any text",
    adapter: { family: tokenPattern("tk1_[A-Za-z0-9_-]+") },
  },
  "the detector gives up on large texts": {
    found: "a large text has a token",
    sdk: { pattern: tokenPattern("tok_[A-Za-z0-9+/=]{0,30000}_poc") },
  },
  "the pattern leaves the shared subset": {
    found: "the patterns are in the subset",
    sdk: { pattern: { body: `${good.pattern.body}(?=)` } },
  },
  "tokens contain quotes": {
    found: "tokens are printable ASCII",
    sdk: { tokenize: (values) => values.map((value) => `'${tokenOf(value)}'`) },
  },
  "the predicted length is too short for some values": {
    found: "no token is longer than predicted",
    sdk: { maxTokenLength: (bytes) => good.maxTokenLength(Math.min(bytes, 150)) },
  },
  "the predicted length is not exact": {
    found: "no token is longer than predicted",
    sdk: { maxTokenLength: (bytes) => good.maxTokenLength(bytes) + 1 },
  },
  "current tokens are not recognised": {
    found: "current tokens are distinguished",
    sdk: { current: tokenPattern("tok_[A-Za-z0-9+/=]+_poc") },
  },
  "keys that are not current count as such": {
    found: "current tokens are distinguished",
    sdk: { patternOf: () => tokenPattern("tok_none") },
    adapter: { keyIds: () => ["a", "b"] },
  },
  "tokens are taken for shorter than their values": {
    found: "a token decodes to its value",
    sdk: { maxValueBytes: (length) => Math.floor((length - 8) / 4) * 3 - 1 },
  },
  "renewed tokens differ from new ones": {
    found: "a token decodes to its value",
    sdk: { renew: (tokens) => tokens.map((token) => `${token}_`) },
  },
  "packed values have other tokens": {
    found: "packed values have the same tokens",
    sdk: {
      tokenizeBytes: (values, context) =>
        PACKED.tokenizeBytes({ ...values, ends: values.ends.slice(1) }, context),
    },
  },
  "packed values are changed": {
    found: "packed values have the same tokens",
    sdk: {
      tokenizeBytes: async (values, context) => {
        const made = await PACKED.tokenizeBytes(values, context);
        values.bytes.fill(0);
        return made;
      },
    },
  },
  "packed tokens are followed by something": {
    found: "packed values have the same tokens",
    sdk: {
      tokenizeBytes: async (values, context) =>
        lengthened(await PACKED.tokenizeBytes(values, context)),
    },
  },
  "packed lookalikes are read back": {
    found: "a token decodes to its value",
    sdk: {
      detokenizeBytes: async (tokens, context) => {
        const { bytes, ends } = await PACKED.detokenizeBytes(tokens, context);
        return { bytes, ends, nulls: [] };
      },
    },
  },
  "the SDK reads a variable that it does not name": {
    found: "reads only the variables",
    adapter: { readSettings: (read) => void read.variable("HOME") as unknown as null },
  },
};

for (const [title, { found, sdk, adapter }] of Object.entries(FAULTS)) {
  Deno.test(`the tests notice that ${title}`, async () => {
    const checks = conformanceChecks({
      adapter: { ...dummy, create: () => ({ ...good, ...sdk }), ...adapter },
      hasExactLength: true,
      isReversible: true,
    });
    const check = Object.keys(checks).find((each) => each.startsWith(found));
    assert.ok(check, "there is no such test");
    await assert.rejects(checks[check]!());
  });
}

const SECRETIVE: Readonly<Record<string, () => string[] | Promise<string[]>>> = {
  "does not fail": () => [],
  "fails without a code": () => {
    throw new Error("Cannot tokenize: it is broken");
  },
};

for (const [title, tokenize] of Object.entries(SECRETIVE)) {
  Deno.test(`the tests notice that an SDK that cannot work ${title}`, async () => {
    const failing = { "at all": () => ({ ...good, tokenize }) };
    const checks = conformanceChecks({ adapter: dummy, failing });
    await assert.rejects(checks["fails with a code, and without a value, at all"]!());
  });
}

Deno.test("the tests notice that the message of an error has a value", async () => {
  const tokenize = (values: readonly string[]) => {
    throw new ServiceError("token_sdk_error", `Cannot tokenize: ${values.at(-1)} is odd`);
  };
  const failing = { "at all": () => ({ ...good, tokenize }) };
  const checks = conformanceChecks({ adapter: dummy, failing });
  await assert.rejects(
    checks["fails with a code, and without a value, at all"]!(),
    /it holds a value/,
  );
});
