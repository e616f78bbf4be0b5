/** Whether columns can hold the tokens of their values, before the first one is written. */
import assert from "node:assert/strict";
import { ServiceError } from "../../src/errors.ts";
import { checkLengths } from "../../src/platforms/check_lengths.ts";

const conversion = { maxLength: (bytes: number) => 10 + bytes };
const table = {
  displayName: "app.public.people",
  columns: [
    { name: "note", maxLength: null },
    { name: "code", maxLength: 20 },
    { name: "name", maxLength: 30 },
  ],
};

Deno.test("only columns with a limit are measured, and a token that just fits is accepted", async () => {
  const measured: string[] = [];
  await checkLengths(table, conversion, (limited) => {
    measured.push(...limited.map(({ name }) => name));
    return Promise.resolve([10, 20]);
  });
  assert.deepEqual(measured, ["code", "name"]);
});

Deno.test("a column without values to tokenize is never too short", async () => {
  await checkLengths(table, conversion, () => Promise.resolve([null, null]));
});

Deno.test("nothing is measured if no column has a limit", async () => {
  const unlimited = { ...table, columns: table.columns.slice(0, 1) };
  await checkLengths(unlimited, conversion, () => assert.fail("measured"));
});

async function refusalOf(maxLength: (bytes: number) => number, longest: number): Promise<string> {
  const error = await checkLengths(table, { maxLength }, () => Promise.resolve([1, longest]))
    .catch((thrown) => thrown);
  assert.ok(error instanceof ServiceError);
  assert.equal(error.code, "value_too_long");
  return error.message;
}

Deno.test("a column that is one character too short is refused, without the length of a value", async () => {
  const refused = await refusalOf(conversion.maxLength, 21);
  assert.equal(
    refused,
    'Cannot tokenize app.public.people: column "name" holds 30 characters, the tokens of some values are longer: widen it',
  );
  assert.equal(await refusalOf(conversion.maxLength, 500), refused, "whatever the longest value");
});

Deno.test("if all tokens are of one length, the refusal names it: it tells nothing of a value", async () => {
  const refused = await refusalOf((bytes) => bytes < 5 ? 1 : 43, 21);
  assert.match(refused, /column "name" holds 30 characters, its tokens have 43: widen it$/);
});
