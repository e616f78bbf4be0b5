import assert from "node:assert/strict";
import fc from "fast-check";
import { packTexts, unpackTexts } from "../../src/tokens/packed_texts.ts";
import { pickTexts, selectTexts } from "../../src/tokens/select_texts.ts";
import { type Selection, toPredicate } from "../../src/tokens/selection.ts";
import { tokenPattern } from "../../src/tokens/token_pattern.ts";

const [some, few] = [tokenPattern("a[a-c]*"), tokenPattern("ab+")];
const SELECTIONS: Readonly<Record<string, Selection>> = {
  "any but some": { exclude: [some] },
  "some": { include: [some], exclude: [] },
  "some but few": { include: [some], exclude: [few] },
  "some or few but few": { include: [few, some], exclude: [few] },
};

for (const [title, selection] of Object.entries(SELECTIONS)) {
  Deno.test(`of packed texts the same are selected as of strings: ${title}`, () => {
    const text = fc.oneof(fc.stringMatching(/^[a-d]{0,4}$/), fc.string());
    fc.assert(fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      const expected = texts.filter(toPredicate(selection));
      const packed = packTexts(texts);
      const numbers = selectTexts(packed, selection);
      assert.deepEqual(unpackTexts(numbers ? pickTexts(packed, numbers) : packed), expected);
      assert.equal(numbers === undefined, expected.length === texts.length);
    }));
  });
}
