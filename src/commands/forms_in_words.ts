/** What values look like, for a person: `e-mail 98 %, other 2 %`. */
import type { Looks } from "../datahub/loop/looks.ts";
import { type Form, type FormCounts, FORMS } from "../platforms/forms.ts";

const NAMES: Readonly<Record<Form, string>> = {
  empty: "empty",
  email: "e-mail",
  year: "a year",
  date: "a date",
  phone: "phone",
  number: "a number",
  other: "other text",
};

/** Below this share a tag looks false. */
const ENOUGH = 0.5;

/** The forms, the most frequent first. */
export function formsInWords({ sampled, forms }: FormCounts): string {
  const shares = FORMS.map((form) => [NAMES[form], (forms[form] ?? 0) / sampled] as const)
    .filter(([, share]) => share > 0)
    .sort(([, one], [, other]) => other - one);
  return shares.map(([name, share]) => `${name} ${percent(share)}`).join(", ");
}

/** The same, and whether it is what the tag says. */
export function looksInWords(looks: Looks): string {
  const { sampled, expected, fitting } = looks;
  const words = `the values look like this: ${formsInWords(looks)}`;
  if (expected === null || fitting === null) return words;
  const share = fitting / sampled;
  const verdict = share < ENOUGH ? "only " : "";
  return `${words}; ${verdict}${percent(share)} are what the tag says (${NAMES[expected]})`;
}

/** Never 0 % of something, nor 100 % of less than all. */
function percent(share: number): string {
  if (share === 1 || share === 0) return `${100 * share} %`;
  const rounded = Math.round(100 * share);
  return rounded === 0 ? "<1 %" : rounded === 100 ? ">99 %" : `${rounded} %`;
}
