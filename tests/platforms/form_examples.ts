/** Texts, each under the form that it has. */
import type { Form } from "../../src/platforms/forms.ts";

export const EXAMPLES: Readonly<Record<Form, readonly string[]>> = {
  empty: [""],
  email: ["ada@shop.test", "a.b+c@mail.shop.co.uk", "ä@ö.de"],
  year: ["1984", "2026"],
  date: ["1984-05-01", "1.5.1984", "05/01/84", "2026-01-02T03:04:05Z"],
  phone: ["+49 170 1234567", "(030) 123456", "0170/1234567", "555-0100", "+15550100200"],
  number: ["0", "12345", "-1.5", "1,234,567.89", "4111111111111111"],
  other: ["Ada Lovelace", "@", "a@b", "x@y .com", "12 Main Street", "1984\n", " ", "DE89370400"],
};
