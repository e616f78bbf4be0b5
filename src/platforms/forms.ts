/**
 * What values look like: the forms that a tag such as "e-mail address" speaks of. Databases decide it, on a
 * sample, and give numbers only. A text has the first form that it matches; the last one takes the rest.
 *
 * The expressions are in the subset that `TokenPattern` describes, with blanks, "@" and "." besides.
 */

/** Each form with the regular expression that the whole text matches, in the order in which they are tried. */
const EXPRESSIONS = {
  empty: "",
  email: "[^@ ]+@[^@ ]+[.][^@ .]+",
  year: "(?:1[89]|20)[0-9][0-9]",
  date: "[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:[T ][0-9:.Z+-]*)?" +
    "|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{2}|[0-9]{4})",
  phone: "[+][0-9][0-9 ()/.-]{5,22}[0-9]|[(]?0[0-9 ()/.-]{5,22}[0-9]" +
    "|[(]?[0-9]{2,5}[)]?(?:[ /-][0-9]{2,8}){1,5}",
  number: "[+-]?[0-9]+(?:[.,][0-9]+)*",
} as const;

/** The form of a text. */
export type Form = keyof typeof EXPRESSIONS | "other";

/** Every form that has an expression. */
export const MATCHED_FORMS = Object.keys(EXPRESSIONS) as (keyof typeof EXPRESSIONS)[];
/** Every form. */
export const FORMS: readonly Form[] = [...MATCHED_FORMS, "other"];

/** How many texts of a sample have each form. */
export interface FormCounts {
  /** How many texts the sample has: values that a run would replace. */
  readonly sampled: number;
  /** The parts of them; forms that none has are left out. */
  readonly forms: Readonly<Partial<Record<Form, number>>>;
}

/** The regular expression of a form, without anchors. */
export function expressionOf(form: keyof typeof EXPRESSIONS): string {
  return EXPRESSIONS[form];
}

/** The form of one text. */
export function formOf(text: string): Form {
  return MATCHED_FORMS.find((form) => new RegExp(`^(?:${EXPRESSIONS[form]})$`).test(text)) ??
    "other";
}

/** The counts from how many texts have each of `FORMS`, in that order. */
export function formCounts(counts: readonly number[]): FormCounts {
  const forms = FORMS.map((form, i) => [form, counts[i] ?? 0] as const);
  return {
    sampled: counts.reduce((sum, count) => sum + count, 0),
    forms: Object.fromEntries(forms.filter(([, count]) => count > 0)),
  };
}
