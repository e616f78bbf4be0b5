/** Whether a column's values look like what its tag says: a false tag in place is lost data. */
import type { Form, FormCounts } from "../../platforms/forms.ts";
import type { TaggedColumn } from "./tagged_columns.ts";

/** What the values of a column look like. This is the published document, hence the snake_case. */
export interface Looks extends FormCounts {
  /** The form that the column's tag or term speaks of; null if it speaks of none. */
  readonly expected: Form | null;
  /** How many of the sampled values have it; null if none is expected. */
  readonly fitting: number | null;
}

/** By the columns' names. */
export type LooksByColumn = ReadonlyMap<string, Looks>;

/** Words of labels, with the form that they speak of; the first that is found counts. */
const WORDS: readonly (readonly [words: RegExp, form: Form])[] = [
  [/e ?mail/, "email"],
  [/phone|mobile|fax|\btel\b|msisdn/, "phone"],
  [/birth|\bdob\b|date/, "date"],
  [/year/, "year"],
  [/number|\bssn\b|social security|\bcard\b|passport|\btax\b/, "number"],
  [/name|address|street|city/, "other"],
];

/** Forms that do for another: a phone number may be written in digits alone. */
const ALSO: Readonly<Partial<Record<Form, readonly Form[]>>> = {
  phone: ["number"],
  date: ["year"],
  number: ["year", "phone"],
};

/** The counts, beside what the column's tags and terms say. */
export function looksOf(column: TaggedColumn, { sampled, forms }: FormCounts): Looks {
  const expected = column.reasons.map(({ label }) => formOfLabel(label))
    .find((each) => each !== undefined);
  if (expected === undefined) return { sampled, forms, expected: null, fitting: null };
  const fitting = [expected, ...(ALSO[expected] ?? [])]
    .reduce((sum, form) => sum + (forms[form] ?? 0), 0);
  return { sampled, forms, expected, fitting };
}

/** The form that a tag or term speaks of, by the words of its name: `urn:li:tag:EmailAddress`. */
export function formOfLabel(label: string): Form | undefined {
  const name = label.slice(label.lastIndexOf(":") + 1);
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[^A-Za-z]+/g, " ").toLowerCase();
  return WORDS.find(([expression]) => expression.test(words))?.[1];
}
