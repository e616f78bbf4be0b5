/** JSON that programs may read in different ways. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonFault } from "../../src/http/json_fault.ts";
import { holds, postgresText as text } from "../support/properties.ts";

const TWICE = "a name comes twice in an object";
const NO_TEXT = "it holds half of a surrogate pair or a NUL, which no text has";

/** Any JSON value whose texts are texts; an object has each name once. */
const { value: anyJson } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  ),
}));

Deno.test("whatever JSON.stringify writes of texts is clear, in every layout", async () => {
  await holds(
    fc.property(anyJson, fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
      assert.equal(jsonFault(JSON.stringify(value, null, indent)), undefined);
    }),
    500,
  );
});

Deno.test("a name that comes twice is found at any depth, however it is escaped", async () => {
  await holds(
    fc.property(text, anyJson, fc.nat(4), (name, value, depth) => {
      const escaped = [...name.split("")]
        .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
      const member = (key: string) => `${key} : ${JSON.stringify(value)}`;
      const twice = `{${member(JSON.stringify(name))}, "":[{}], ${member(`"${escaped}"`)}}`;
      const around = "[".repeat(depth) + twice + "]".repeat(depth);
      assert.equal(jsonFault(around), TWICE);
    }),
    500,
  );
});

Deno.test("the same name in different objects, or as a value, is nothing", () => {
  for (const clear of ['{"a":{"a":1},"b":["a","a"]}', '[{"a":1},{"a":1}]', '{"a":"a","b":"a"}']) {
    assert.equal(jsonFault(clear), undefined, clear);
  }
});

Deno.test("half of a surrogate pair and a NUL are found, and escaped backslashes are none", () => {
  for (const code of ["ud800", "udfff", "uD83D\\u0041", "u0000", "\\\\u0000"]) {
    assert.equal(jsonFault(`["\\${code}"]`), NO_TEXT, code);
    assert.equal(jsonFault(`{"\\${code}":1}`), NO_TEXT, code);
  }
  assert.equal(jsonFault('["\\ud83d\\ude00", "\\\\u0000", "\\\\ud800", "😀"]'), undefined);
});
