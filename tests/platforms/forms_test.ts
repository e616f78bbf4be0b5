/** What values look like. */
import assert from "node:assert/strict";
import { formCounts, formOf, FORMS, MATCHED_FORMS } from "../../src/platforms/forms.ts";
import { formsInWords } from "../../src/commands/forms_in_words.ts";
import { EXAMPLES } from "./form_examples.ts";

Deno.test("a text has one form", () => {
  for (const form of FORMS) {
    for (const text of EXAMPLES[form]) assert.equal(formOf(text), form, JSON.stringify(text));
  }
  assert.deepEqual(FORMS, [...MATCHED_FORMS, "other"]);
});

Deno.test("counts are told in shares that never round to nothing or to all", () => {
  assert.deepEqual(formCounts([0, 2, 0, 0, 0, 0, 1]), {
    sampled: 3,
    forms: { email: 2, other: 1 },
  });
  assert.equal(formsInWords(formCounts([0, 2, 0, 0, 0, 0, 1])), "e-mail 67 %, other text 33 %");
  assert.equal(formsInWords(formCounts([1, 999])), "e-mail >99 %, empty <1 %");
  assert.equal(formsInWords(formCounts([0, 0, 5])), "a year 100 %");
});
