import assert from "node:assert/strict";
import { splitList } from "../../src/datahub/split_list.ts";

Deno.test("a list is split at its commas, blanks around entries and empty entries left out", () => {
  assert.deepEqual(splitList("email, phone ,,name,"), ["email", "phone", "name"]);
  assert.deepEqual(splitList(""), []);
  assert.deepEqual(splitList(" , "), []);
  assert.deepEqual(splitList("first name,last name"), ["first name", "last name"]);
});

Deno.test("commas within a URN's parentheses do not split", () => {
  const dataset = "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)";
  const field = `urn:li:schemaField:(${dataset},email)`;
  assert.deepEqual(splitList(`${field},phone,${dataset}`), [field, "phone", dataset]);
});

Deno.test("a parenthesis too many closes nothing", () => {
  assert.deepEqual(splitList("a),b"), ["a)", "b"]);
});
