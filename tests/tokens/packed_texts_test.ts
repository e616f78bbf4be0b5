/** Packing texts loses nothing. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  dropNulls,
  insertNulls,
  overBytes,
  overNullableTexts,
  overTexts,
  packResults,
  packTexts,
  replaceByNulls,
  unpackResults,
  unpackTexts,
} from "../../src/tokens/packed_texts.ts";
import { findInvalidTexts } from "../../src/tokens/utf8.ts";
import { anyString, anyText, holds } from "../support/properties.ts";

const anyTexts = fc.array(fc.oneof(anyText, fc.constantFrom("", "\ufeffA", "é".repeat(300))));
const anyNullable = fc.array(fc.option(anyText));

Deno.test("packed texts unpack to the same texts", async () => {
  await holds(
    fc.property(anyTexts, (texts) => {
      const { bytes, ends } = packTexts(texts);
      assert.deepEqual(unpackTexts({ bytes, ends }), texts);
      assert.equal(bytes.length, ends.at(-1) ?? 0);
    }),
    500,
  );
});

Deno.test("packed texts with nulls unpack to the same", async () => {
  await holds(
    fc.property(anyNullable, (texts) => {
      assert.deepEqual(unpackResults(packResults(texts)), texts);
    }),
    500,
  );
});

Deno.test("a lone surrogate is packed as U+FFFD", async () => {
  await holds(
    fc.property(fc.array(anyString), (texts) => {
      assert.deepEqual(unpackTexts(packTexts(texts)), texts.map((text) => text.toWellFormed()));
    }),
    300,
  );
});

Deno.test("nulls can be dropped, inserted again, and put in the place of texts", async () => {
  await holds(
    fc.property(anyNullable, (texts) => {
      const packed = packResults(texts);
      const present = texts.filter((text) => text !== null);
      assert.deepEqual(unpackTexts(dropNulls(packed)), present);
      assert.deepEqual(unpackResults(insertNulls(packTexts(present), packed.nulls)), texts);
      const whole = packTexts(texts.map((text) => text ?? "replaced"));
      assert.deepEqual(unpackResults(replaceByNulls(whole, packed.nulls)), texts);
    }),
    500,
  );
});

Deno.test("a function over texts works on packed ones, and the reverse, at once or later", async () => {
  const upper = (texts: readonly string[]) => texts.map((text) => text.toUpperCase() || null);
  for (const isLate of [false, true]) {
    const overPacked = overBytes((texts) => isLate ? Promise.resolve(upper(texts)) : upper(texts));
    assert.equal(overPacked(packTexts([]), {}) instanceof Promise, isLate);
    const again = overNullableTexts(overPacked);
    assert.deepEqual(await again(["é", "", "b"], {}), ["É", null, "B"]);
  }
  const same = overTexts((texts) => texts);
  assert.deepEqual(same(["é", ""], {}), ["é", ""]);
});

Deno.test("texts that are not UTF-8 are found, also where their neighbours would complete them", () => {
  const text = (...bytes: number[]) => bytes;
  const invalidIn = (...texts: number[][]) => {
    let end = 0;
    const ends = Uint32Array.from(texts, ({ length }) => end += length);
    return findInvalidTexts({ bytes: Uint8Array.from(texts.flat()), ends });
  };
  assert.deepEqual(invalidIn(), []);
  assert.deepEqual(invalidIn(text(), text(0x41), text(), text(0xc3, 0xa9)), []);
  assert.deepEqual(invalidIn(text(0x41), text(0xff), text(0x42)), [1]);
  assert.deepEqual(invalidIn(text(0xc3), text(0xa9), text(0x42)), [0, 1]);
  assert.deepEqual(invalidIn(text(0xc3), text(), text(0xa9)), [0, 2]);
  assert.deepEqual(invalidIn(text(0xed, 0xa0, 0x80), text(0xf4, 0x90, 0x80, 0x80)), [0, 1]);
});
