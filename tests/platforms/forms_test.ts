/** What values look like. */
import assert from "node:assert/strict";
import { type Form, formCounts, formOf, FORMS, MATCHED_FORMS } from "../../src/platforms/forms.ts";
import { formsInWords } from "../../src/commands/forms_in_words.ts";

/** Texts, each with the form that it has. */
export const EXAMPLES: Readonly<Record<Form, readonly string[]>> = {
  empty: [""],
  email: ["ada@example.com", "a.b+c@mail.example.co.uk", "ä@ö.de"],
  year: ["1984", "2026"],
  date: ["1984-05-01", "1.5.1984", "05/01/84", "2026-01-02T03:04:05Z"],
  phone: ["+49 170 1234567", "(030) 123456", "0170/1234567", "555-0100", "+15550100200"],
  number: ["0", "12345", "-1.5", "1,234,567.89", "4111111111111111"],
  other: ["Ada Lovelace", "@", "a@b", "x@y .com", "12 Main Street", "1984\n", " ", "DE89370400"],
};

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
