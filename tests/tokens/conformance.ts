/**
 * What every token SDK must do, as tests that an adapter's author calls:
 *
 *     import { testConformance } from "./conformance.ts";
 *     testConformance({ adapter: mine, variables: { MY_SETTING: "…" } });
 *
 * How tokens look is up to the SDK. Everything that the rest of the program relies on is tested: equal
 * values give equal tokens, different values different ones, in order, packed or not; the detector accepts each token
 * and no natural text, in JavaScript and in Postgres; columns of the predicted length hold the tokens.
 * If TEST_PG_URL is unset, the part about Postgres is skipped.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { openSql } from "../../scripts/servers/postgres/sql.ts";
import { ServiceError } from "../../src/errors.ts";
import {
  toJavaScript,
  type TokenPattern,
  tokenPattern,
  toPostgres,
} from "../../src/tokens/token_pattern.ts";
import { packTexts, unpackResults, unpackTexts } from "../../src/tokens/packed_texts.ts";
import type { TokenScope } from "../../src/tokens/token_scope.ts";
import type { TokenContext, TokenSdk, TokenSdkAdapter } from "../../src/tokens/token_sdk.ts";
import { SAMPLE_VALUES } from "./detector_cases.ts";
import { settingsReader as testSettings, settingsSource } from "../../scripts/servers/test_keys.ts";
import { settingsReader } from "../../src/settings_reader.ts";
import { NATURAL_TEXT, textsAround } from "./natural_text.ts";
import { testUnless } from "../support/skipping.ts";

/** An adapter with settings that work. */
export interface ConformanceSubject<S> {
  /** The adapter to test. */
  readonly adapter: TokenSdkAdapter<S>;
  /** The environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The text of each file that the variables name, by its path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The scope in which equal values get equal tokens with these settings; `global` by default. */
  readonly scope?: TokenScope;
  /** What tells it from other subjects of the same adapter and scope. */
  readonly variant?: string;
  /** Whether `maxTokenLength` is exact, and not only an upper bound. */
  readonly hasExactLength?: boolean;
  /** Whether it has `detokenize`. */
  readonly isReversible?: boolean;
  /**
   * SDKs that cannot do their work, by why: their server is gone, say, or they were closed. Each must
   * fail as it should.
   */
  readonly failing?: Readonly<Record<string, () => TokenSdk | Promise<TokenSdk>>>;
}

const PLACE: TokenContext = {
  platform: "postgres",
  dataset: ["app", "public", "customers"],
  column: "email",
};
const OTHER_COLUMN: TokenContext = { ...PLACE, column: "name" };
const OTHER_DATASET: TokenContext = {
  ...PLACE,
  platform: "postgres",
  dataset: ["app", "public", "orders"],
};
const LARGEST_BATCH = 2_500;
const LARGE_TEXT = "静 0123456789 ".repeat(60_000);

type Check = <S>(sdk: TokenSdk, subject: ConformanceSubject<S>) => void | Promise<void>;

/** Registers the tests. */
export function testConformance<S>(subject: ConformanceSubject<S>): void {
  const scope = subject.scope === undefined ? "" : ` in scope ${subject.scope}`;
  const variant = subject.variant === undefined ? "" : `, ${subject.variant}`;
  const named = (title: string) => `${subject.adapter.mode}${scope}${variant}: ${title}`;
  for (const [title, fn] of Object.entries(conformanceChecks(subject))) {
    Deno.test(named(title), fn);
  }
  const url = Deno.env.get("TEST_PG_URL");
  testUnless(
    url === undefined ? "TEST_PG_URL is not set" : undefined,
    named("Postgres and JavaScript agree on what is a token"),
    () => withSdk(subject, (sdk) => checkPostgres(sdk, subject.adapter.family, url!)),
  );
}

/** Each test except the one on Postgres, by what is true if it does not throw. */
export function conformanceChecks<S>(
  subject: ConformanceSubject<S>,
): Readonly<Record<string, () => Promise<void>>> {
  const checks: Record<string, () => Promise<void>> = {
    // deno-lint-ignore require-await -- so that what it throws is a rejection like the others
    "reads only the variables that it names": async () => checkSettings(subject),
  };
  for (const [title, check] of Object.entries(CHECKS)) {
    checks[title] = () => withSdk(subject, (sdk) => check(sdk, subject));
  }
  if (subject.isReversible) {
    checks["a token decodes to its value, and a lookalike is reported"] = () =>
      withSdk(subject, checkReadingBack);
  }
  for (const [title, openFailing] of Object.entries(subject.failing ?? {})) {
    checks[`fails with a code, and without a value, ${title}`] = async () => {
      const sdk = await openFailing();
      await checkFailure(sdk);
      await sdk.close?.();
    };
  }
  return checks;
}

/** The path of the settings: read outside the sandbox, and sent into it as a message. */
export async function openSdk<S>(
  { adapter, variables = {}, files = {} }: ConformanceSubject<S>,
): Promise<TokenSdk> {
  const settings = adapter.readSettings(testSettings(variables, files));
  return await adapter.create(structuredClone(settings));
}

async function withSdk<S>(
  subject: ConformanceSubject<S>,
  use: (sdk: TokenSdk) => void | Promise<void>,
): Promise<void> {
  const sdk = await openSdk(subject);
  try {
    await use(sdk);
  } finally {
    await sdk.close?.();
  }
}

async function tokenize(
  sdk: TokenSdk,
  values: readonly string[],
  context: TokenContext = PLACE,
): Promise<readonly string[]> {
  const given = [...values];
  const tokens = await sdk.tokenize(values, context);
  assert.deepEqual(values, given, "the values given were changed");
  assert.equal(tokens.length, values.length, "not as many tokens as values");
  return tokens;
}

function distinctValues(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `customer.${i}@example.com`);
}

const CHECKS: Readonly<Record<string, Check>> = {
  "equal values give equal tokens, in every call and by every instance of the SDK": async (
    sdk,
    subject,
  ) => {
    const tokens = await tokenize(sdk, SAMPLE_VALUES);
    assert.deepEqual(await tokenize(sdk, SAMPLE_VALUES), tokens);
    await withSdk(subject, async (again) => {
      assert.deepEqual(await tokenize(again, SAMPLE_VALUES), tokens);
    });
  },

  "different values give different tokens, however similar": async (sdk) => {
    const alike = ["Ada", "ada", "ADA", " Ada", "Ada ", "Ada\n", "A d a", "Adа", "é", "e\u0301"];
    const values = [...new Set([...alike, ...SAMPLE_VALUES, ...NATURAL_TEXT])];
    values.push(...distinctValues(LARGEST_BATCH), "a", "aa", "aaa", "\u0001", "\u0001\u0001");
    const tokens: string[] = [];
    const distinct = [...new Set(values)];
    for (let i = 0; i < distinct.length; i += LARGEST_BATCH) {
      tokens.push(...await tokenize(sdk, distinct.slice(i, i + LARGEST_BATCH)));
    }
    assert.equal(new Set(tokens).size, distinct.length);
  },

  "tokens are in the order of the values, in batches of any size": async (sdk) => {
    assert.deepEqual(await tokenize(sdk, []), []);
    const values = distinctValues(LARGEST_BATCH);
    const tokens = await tokenize(sdk, values);
    for (const i of [0, 1, 2, 1_249, LARGEST_BATCH - 1]) {
      assert.deepEqual(await tokenize(sdk, [values[i]!]), [tokens[i]]);
    }
    assert.deepEqual(await tokenize(sdk, values.slice(7, 9)), tokens.slice(7, 9));
    assert.deepEqual(await tokenize(sdk, values.toReversed()), tokens.toReversed());
  },

  "values that occur several times in a batch get their token each time": async (sdk) => {
    const [a, b] = await tokenize(sdk, ["a", "b"]);
    const values = Array.from({ length: LARGEST_BATCH }, (_, i) => i % 3 === 0 ? "a" : "b");
    const expected = values.map((value) => value === "a" ? a : b);
    assert.deepEqual(await tokenize(sdk, values), expected);
  },

  "concurrent calls do not mix": async (sdk) => {
    const values = distinctValues(200);
    const tokens = await tokenize(sdk, values);
    const turned = (list: readonly string[], by: number) => [
      ...list.slice(by),
      ...list.slice(0, by),
    ];
    const starts = [0, 25, 50, 75, 100, 125, 150, 175];
    const calls = starts.map((by) => tokenize(sdk, turned(values, by)));
    const found = await Promise.all(calls);
    starts.forEach((by, i) => assert.deepEqual(found[i], turned(tokens, by)));
  },

  "the place changes tokens as far as the scope says": async (sdk, { scope = "global" }) => {
    const values = ["", "Ada", "ada@example.com"];
    const here = await tokenize(sdk, values);
    const column = await tokenize(sdk, values, OTHER_COLUMN);
    const dataset = await tokenize(sdk, values, OTHER_DATASET);
    values.forEach((_, i) => {
      assert.equal(here[i] === column[i], scope !== "column");
      assert.equal(here[i] === dataset[i], scope === "global");
    });
  },

  "the detector accepts the token of any text": async (sdk, { adapter }) => {
    const isToken = toJavaScript(sdk.pattern);
    const isOfFamily = toJavaScript(adapter.family);
    const take = async (values: readonly string[]) => {
      for (const token of await tokenize(sdk, values)) {
        assert.match(token, isToken);
        assert.match(token, isOfFamily);
      }
    };
    await take([...SAMPLE_VALUES, ...NATURAL_TEXT]);
    const texts = fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 50 });
    await fc.assert(fc.asyncProperty(texts, take), { numRuns: 40 });
  },

  "packed values have the same tokens, and are left as they are": async (sdk) => {
    const { tokenizeBytes } = sdk;
    if (tokenizeBytes === undefined) return;
    const take = async (values: readonly string[]) => {
      const packed = packTexts(values);
      const given = packed.bytes.slice();
      const made = await tokenizeBytes.call(sdk, packed, PLACE);
      assert.equal(Buffer.compare(packed.bytes, given), 0, "the values given were changed");
      assert.deepEqual(unpackTexts(made), await tokenize(sdk, values));
      assert.equal(made.bytes.length, made.ends.at(-1) ?? 0, "there are bytes of no token");
    };
    await take([]);
    await take([...SAMPLE_VALUES, ...NATURAL_TEXT, LARGE_TEXT]);
    const texts = fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 50 });
    await fc.assert(fc.asyncProperty(texts, take), { numRuns: 40 });
  },

  "the detector rejects natural text and text with a token in it": async (sdk, subject) => {
    const [token, empty] = await tokenize(sdk, ["ada@example.com", ""]);
    const texts = [
      ...SAMPLE_VALUES,
      ...NATURAL_TEXT,
      ...textsAround(token!),
      ...textsAround(empty!),
    ];
    for (const pattern of [sdk.pattern, subject.adapter.family]) {
      const isToken = toJavaScript(pattern);
      assert.deepEqual(texts.filter((text) => isToken.test(text)), []);
      fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !isToken.test(text)));
    }
  },

  "a large text has a token, which the detector accepts": async (sdk) => {
    const [token] = await tokenize(sdk, [LARGE_TEXT]);
    const isToken = toJavaScript(sdk.pattern);
    assert.ok(isToken.test(token!));
    assert.ok(!isToken.test(`${token}\n`));
    assert.ok(token!.length <= sdk.maxTokenLength(Buffer.byteLength(LARGE_TEXT)));
  },

  "tokens are printable ASCII, and need no quoting in SQL, CSV and JSON": async (sdk) => {
    for (const token of await tokenize(sdk, [...SAMPLE_VALUES, ...NATURAL_TEXT])) {
      assert.match(token, /^[!-~]+$/);
      assert.doesNotMatch(token, /['"\\,;<>]/);
    }
  },

  "no token is longer than predicted, nor shorter if the prediction is exact": async (
    sdk,
    subject,
  ) => {
    const byBytes = new Map<number, string>();
    for (let bytes = 0; bytes < 200; bytes++) byBytes.set(bytes, "x".repeat(bytes));
    const values = [...byBytes.values(), ...SAMPLE_VALUES, ...NATURAL_TEXT];
    const tokens = await tokenize(sdk, values);
    values.forEach((value, i) => {
      const predicted = sdk.maxTokenLength(Buffer.byteLength(value));
      assert.ok(Number.isSafeInteger(predicted));
      assert.ok(tokens[i]!.length <= predicted, `${tokens[i]!.length} > ${predicted}`);
      if (subject.hasExactLength) assert.equal(tokens[i]!.length, predicted);
    });
    for (let bytes = 1; bytes < 2_000; bytes++) {
      assert.ok(sdk.maxTokenLength(bytes) >= sdk.maxTokenLength(bytes - 1));
    }
  },

  "the patterns are in the subset that all dialects share": (sdk, { adapter }) => {
    for (const { body } of [sdk.pattern, adapter.family, ...sdk.current ? [sdk.current] : []]) {
      assert.equal(tokenPattern(body).body, body);
    }
  },

  "current tokens are distinguished from older ones, also by key": async (sdk, subject) => {
    const tokens = await tokenize(sdk, [...SAMPLE_VALUES, ...NATURAL_TEXT]);
    const isCurrent = toJavaScript(sdk.current ?? sdk.pattern);
    assert.ok(tokens.every((token) => isCurrent.test(token)));
    const ids = keyIdsOf(subject);
    assert.equal(new Set(ids).size, ids.length);
    const takers = ids.filter((id) => {
      const pattern = sdk.patternOf?.(id);
      assert.ok(pattern, `it does not know the pattern of its key ${id}`);
      return tokens.every((token) => toJavaScript(pattern).test(token));
    });
    if (ids.length > 0) assert.deepEqual(takers, [ids[0]], "it is not its first key that writes");
    assert.equal(sdk.patternOf?.("no-such-key"), undefined);
  },
};

async function checkReadingBack(sdk: TokenSdk): Promise<void> {
  assert.ok(sdk.detokenize, "it cannot read back");
  const values = [...SAMPLE_VALUES, ...NATURAL_TEXT, LARGE_TEXT];
  const tokens = await tokenize(sdk, values);
  assert.deepEqual(await sdk.detokenize(tokens, PLACE), values);
  assert.deepEqual(await sdk.detokenize([], PLACE), []);
  assert.deepEqual(await sdk.detokenize(["Ada", `${tokens[0]} `], PLACE), [null, null]);
  if (sdk.detokenizeBytes) {
    const texts = [...tokens, "Ada", `${tokens[0]} `, ""];
    const read = await sdk.detokenizeBytes(packTexts(texts), PLACE);
    assert.deepEqual(unpackResults(read), [...values, null, null, null]);
    assert.deepEqual(unpackResults(await sdk.detokenizeBytes(packTexts([]), PLACE)), []);
  }
  if (sdk.renew) assert.deepEqual(await sdk.renew([...tokens, "Ada"], PLACE), [...tokens, null]);
  values.forEach((value, i) => {
    const most = sdk.maxValueBytes?.(tokens[i]!.length) ?? Infinity;
    assert.ok(Buffer.byteLength(value) <= most, "a value is longer than its token's length allows");
  });
}

async function checkPostgres(sdk: TokenSdk, family: TokenPattern, url: string): Promise<void> {
  const tokens = await tokenize(sdk, [...SAMPLE_VALUES, ...NATURAL_TEXT]);
  const texts = [...tokens, ...NATURAL_TEXT, ...tokens.slice(0, 40).flatMap(textsAround)];
  const sql = openSql(url);
  try {
    for (const pattern of [sdk.pattern, family]) {
      const rows = await sql.unsafe<{ token: boolean }[]>(
        `select value collate "C" ~ $2 as token
           from unnest($1::text[]) with ordinality as given (value, place) order by place`,
        [texts, toPostgres(pattern)],
      );
      const isToken = toJavaScript(pattern);
      const expected = texts.map((text) => isToken.test(text));
      assert.deepEqual(rows.map(({ token }) => token), expected);
      assert.ok(expected.includes(true) && expected.includes(false));
    }
  } finally {
    await sql.end();
  }
}

function keyIdsOf<S>({ adapter, variables = {}, files = {} }: ConformanceSubject<S>) {
  return adapter.keyIds?.(adapter.readSettings(testSettings(variables, files))) ?? [];
}

function checkSettings<S>({ adapter, variables = {}, files = {} }: ConformanceSubject<S>): void {
  const source = settingsSource(variables, files);
  const settings = adapter.readSettings(settingsReader({
    ...source,
    variable(name) {
      assert.ok(adapter.environment.includes(name), `${name} is not in its environment`);
      return source.variable(name);
    },
  }));
  assert.deepEqual(structuredClone(settings), settings);
  assert.equal(new Set(adapter.environment).size, adapter.environment.length);
  for (const name of adapter.environment) assert.match(name, /^[A-Z][A-Z0-9_]*$/);
  for (const { hostname, port } of adapter.endpoints(settings)) {
    assert.ok(hostname.length > 0 && Number.isInteger(port) && port > 0 && port < 65_536);
  }
}

async function checkFailure(sdk: TokenSdk): Promise<void> {
  const canary = "canary.5d0c@example.com";
  const values = ["Ada", canary];
  await assertFails(canary, async () => await sdk.tokenize(values, PLACE));
  const { tokenizeBytes } = sdk;
  if (tokenizeBytes === undefined) return;
  await assertFails(canary, async () => await tokenizeBytes.call(sdk, packTexts(values), PLACE));
}

async function assertFails(canary: string, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ServiceError, "it is not a ServiceError");
    assert.ok(["token_sdk_error", "token_sdk_unreachable"].includes(error.code), error.code);
    assert.match(error.message, /^Cannot [^:]+: .*[^.]$/);
    const shown = [error.message, error.stack, JSON.stringify(error.facts), String(error.cause)];
    for (const value of [canary, Buffer.from(canary).toString("base64")]) {
      assert.ok(!shown.some((each) => each?.includes(value)), "it holds a value");
    }
    return true;
  });
}
