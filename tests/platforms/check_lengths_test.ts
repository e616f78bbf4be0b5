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

Deno.test("a column that is one character too short is refused, with what it needs", async () => {
  const error = await checkLengths(table, conversion, () => Promise.resolve([10, 21]))
    .catch((thrown) => thrown);
  assert.ok(error instanceof ServiceError);
  assert.equal(error.code, "value_too_long");
  assert.equal(
    error.message,
    'Cannot tokenize app.public.people: column "name" holds 30 characters, its values need tokens of up to 31',
  );
});
