import assert from "node:assert/strict";
import fc from "fast-check";
import {
  FABRICS,
  parseDatasetUrn,
  spellings,
  splitUrnList,
} from "../../src/datahub/dataset_urn.ts";
import { ServiceError } from "../../src/errors.ts";
import writtenByDataHub from "./written_by_datahub.json" with { type: "json" };

const PLATFORM = "urn:li:dataPlatform:postgres";

for (const { name, urn } of writtenByDataHub) {
  Deno.test(`the URN that DataHub's own library writes is parsed, for ${JSON.stringify(name)}`, () => {
    const dataset = parseDatasetUrn(urn);
    assert.deepEqual([dataset.urn, dataset.platform, dataset.fabric], [urn, "postgres", "PROD"]);
    assert.ok(spellings(dataset.name).includes(name));
  });
}

Deno.test("every environment and any platform is accepted", () => {
  for (const fabric of FABRICS) {
    const urn = `urn:li:dataset:(urn:li:dataPlatform:some-Other_1.x,a.b.c,${fabric})`;
    const dataset = parseDatasetUrn(urn);
    assert.deepEqual([dataset.platform, dataset.fabric], ["some-Other_1.x", fabric]);
  }
});

Deno.test("a URN is split at commas outside the parentheses of the name", () => {
  const dataset = parseDatasetUrn(`urn:li:dataset:(${PLATFORM},a.(b,(c)).d,PROD)`);
  assert.equal(dataset.name, "a.(b,(c)).d");
});

const MALFORMED: Readonly<Record<string, [urn: string, reason: RegExp]>> = {
  "nothing": ["", /does not start with "urn:li:dataset:\("/],
  "a name only": ["app.public.customers", /does not start/],
  "another entity": [`urn:li:chart:(${PLATFORM},a.b.c,PROD)`, /does not start/],
  "capital letters": [`URN:LI:DATASET:(${PLATFORM},a.b.c,PROD)`, /does not start/],
  "a space before it": [` urn:li:dataset:(${PLATFORM},a.b.c,PROD)`, /does not start/],
  "a space after it": [
    `urn:li:dataset:(${PLATFORM},a.b.c,PROD) `,
    /follows its closing parenthesis/,
  ],
  "a line break after it": [`urn:li:dataset:(${PLATFORM},a.b.c,PROD)\n`, /follows its closing/],
  "a second parenthesis": [`urn:li:dataset:(${PLATFORM},a.b.c,PROD))`, /follows its closing/],
  "a missing parenthesis": [`urn:li:dataset:(${PLATFORM},a.b.c,PROD`, /parenthesis is missing/],
  "an open parenthesis": [`urn:li:dataset:(${PLATFORM},a.(b.c,PROD)`, /parenthesis is missing/],
  "a closed parenthesis": [`urn:li:dataset:(${PLATFORM},a.b).c,PROD)`, /follows its closing/],
  "empty parentheses": ["urn:li:dataset:()", /it has 1 part,/],
  "two parts": [`urn:li:dataset:(${PLATFORM},a.b.c)`, /it has 2 parts/],
  "four parts": [`urn:li:dataset:(${PLATFORM},a.b.c,PROD,x)`, /it has 4 parts/],
  "a comma in the name": [`urn:li:dataset:(${PLATFORM},a.b,c,PROD)`, /it has 4 parts/],
  "no platform": ["urn:li:dataset:(,a.b.c,PROD)", /first part is not "urn:li:dataPlatform:/],
  "a bare platform": ["urn:li:dataset:(postgres,a.b.c,PROD)", /first part is not/],
  "an empty platform": ["urn:li:dataset:(urn:li:dataPlatform:,a.b.c,PROD)", /first part is not/],
  "an invalid platform": [
    "urn:li:dataset:(urn:li:dataPlatform:a b,a.b.c,PROD)",
    /first part is not/,
  ],
  "no name": [`urn:li:dataset:(${PLATFORM},,PROD)`, /its name is empty/],
  "a NUL": [`urn:li:dataset:(${PLATFORM},a.b.c\0,PROD)`, /a NUL, which no name has/],
  "half of a surrogate pair": [`urn:li:dataset:(${PLATFORM},a.b.\ud800,PROD)`, /surrogate/],
  "no environment": [`urn:li:dataset:(${PLATFORM},a.b.c,)`, /its environment is not one of DEV,/],
  "an unknown environment": [`urn:li:dataset:(${PLATFORM},a.b.c,MOON)`, /its environment is not/],
  "an environment in lower case": [
    `urn:li:dataset:(${PLATFORM},a.b.c,prod)`,
    /its environment is not/,
  ],
};

for (const [title, [urn, reason]] of Object.entries(MALFORMED)) {
  Deno.test(`a URN with ${title} is refused, with that reason`, () => {
    assert.throws(() => parseDatasetUrn(urn), (error) => {
      assert.ok(error instanceof ServiceError && error.code === "invalid_urn");
      assert.match(error.message, /^Cannot read the dataset URN: /);
      assert.match(error.message, reason);
      return true;
    });
  });
}

Deno.test("any string is parsed or refused, and nothing else happens", () => {
  const part = fc.oneof(
    fc.constantFrom("urn:li:dataset:(", PLATFORM, ",", "(", ")", "PROD", "a.b.c", "%2C", "%"),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
    const text = parts.join("");
    try {
      assert.equal(parseDatasetUrn(text).urn, text);
    } catch (error) {
      assert.ok(error instanceof ServiceError && error.code === "invalid_urn", String(error));
    }
  }));
});

Deno.test("the spellings of a name encoded as DataHub does include the name", () => {
  const reserved: Record<string, string> = { ",": "%2C", "(": "%28", ")": "%29" };
  const char = fc.oneof(
    fc.constantFrom(",", "(", ")", "%", ".", "2", "C", "8"),
    fc.string({
      unit: "grapheme",
      minLength: 1,
      maxLength: 1,
    }),
  );
  fc.assert(fc.property(fc.array(char, { minLength: 1, maxLength: 20 }), (chars) => {
    const name = chars.join("");
    const encoded = name.replace(/[,()]/g, (found) => reserved[found]!);
    const dataset = parseDatasetUrn(`urn:li:dataset:(${PLATFORM},${encoded},PROD)`);
    // a name with %2C and the like of its own and with such a character: no encoding tells them apart
    const isLost = encoded !== name && /%(2C|28|29)/i.test(name);
    assert.ok(isLost || spellings(dataset.name).includes(name));
  }));
});

Deno.test("the spellings are the name as written, then as decoded if that differs", () => {
  assert.deepEqual(spellings("a.b"), ["a.b"]);
  assert.deepEqual(spellings("a%2Cb%28c%29"), ["a%2Cb%28c%29", "a,b(c)"]);
  assert.deepEqual(spellings("a%2cb"), ["a%2cb", "a,b"]);
  assert.deepEqual(spellings("100%25 %20"), ["100%25 %20"]);
});

Deno.test("a list is split at commas, without spaces around entries and without empty entries", () => {
  assert.deepEqual(splitUrnList("email, phone ,,name,"), ["email", "phone", "name"]);
  assert.deepEqual(splitUrnList(""), []);
  assert.deepEqual(splitUrnList(" , "), []);
  assert.deepEqual(splitUrnList("first name,last name"), ["first name", "last name"]);
});

Deno.test("a list is not split at commas within parentheses", () => {
  const dataset = "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)";
  const field = `urn:li:schemaField:(${dataset},email)`;
  assert.deepEqual(splitUrnList(`${field},phone,${dataset}`), [field, "phone", dataset]);
});

Deno.test("an extra closing parenthesis closes nothing", () => {
  assert.deepEqual(splitUrnList("a),b"), ["a)", "b"]);
});
