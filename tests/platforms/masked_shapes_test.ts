/** A shape shows what values look like, and gives none of them away. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MIN_VALUES, shapeOf, shapesOf } from "../../src/platforms/masked_shapes.ts";

/** Values of every kind: short ones, addresses at rare domains, names, numbers, any text. */
const word = fc.string({ unit: fc.constantFrom(..."abcxyzABCZéß漢"), minLength: 1, maxLength: 12 });
const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 12 });
const values = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.tuple(word, word, fc.constantFrom("com", "museum", "xn--abc", "io", "org")).map(
    ([local, domain, ending]) => `${local}@${domain}.${ending}`,
  ),
  fc.array(fc.oneof(word, digits), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(" ")),
  digits.map((number) => `+49 ${number}`),
);

/** The letters and digits of a shape that can only come from the value. */
function revealed(shape: string): string {
  return shape.replace(/\.(com|org|net|edu|de|uk|fr)$/, "").replaceAll(/[^\p{L}\p{N}]/gu, "");
}

Deno.test("of a value no more is shown than one letter, which is a fourth of its part at most", () => {
  fc.assert(
    fc.property(values, (value) => {
      const shown = revealed(shapeOf(value));
      assert.ok(shown.length <= 1, `${value} → ${shapeOf(value)}`);
      if (shown.length === 0) return;
      assert.ok(value.startsWith(shown) && value.lastIndexOf("@") >= 4, value);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a short value shows nothing, not even its length", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 7 }), (value) => {
    if ([...value].length < 8) assert.equal(shapeOf(value), "••••");
  }));
});

Deno.test("values of other lengths and letters have the same shape", () => {
  fc.assert(fc.property(
    fc.constantFrom(..."abz"),
    fc.tuple(word, word),
    fc.tuple(word, word),
    (first, [local, domain], [otherLocal, otherDomain]) => {
      const address = (local: string, domain: string) => `${first}xyz${local}@${domain}.com`;
      assert.equal(
        shapeOf(address(local, domain)),
        shapeOf(address(otherLocal, otherDomain)),
      );
    },
  ));
  fc.assert(fc.property(fc.tuple(word, word), fc.tuple(word, word), (one, other) => {
    const name = ([first, last]: readonly string[]) => `${first}xxxx ${last}xxxx`;
    assert.equal(shapeOf(name(one)), shapeOf(name(other)));
  }));
});

Deno.test("a rare domain's ending is not shown", () => {
  for (const ending of ["museum", "io", "xn--p1ai", "comx", "gov"]) {
    assert.equal(shapeOf(`somebody@there.${ending}`), "s••@••••");
  }
  assert.equal(shapeOf("somebody@there.COM"), "s••@••••.com");
});

Deno.test("a shape is shown only if several different values have it, however often one is there", () => {
  fc.assert(fc.property(fc.array(values, { maxLength: 60 }), (sampled) => {
    for (const { shape, values: count } of shapesOf(sampled)) {
      const having = new Set(sampled.filter((value) => shapeOf(value) === shape));
      assert.equal(having.size, count);
      assert.ok(count >= MIN_VALUES);
    }
  }));
  assert.deepEqual(shapesOf(Array(1000).fill("somebody@there.com")), []);
});
