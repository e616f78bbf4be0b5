/** What the values of a column look like, in words. */
import type { Looks } from "./api/documents.ts";

const NAMES: Readonly<Record<string, string>> = {
  empty: "empty",
  email: "e-mail addresses",
  year: "years",
  date: "dates",
  phone: "phone numbers",
  number: "numbers",
  other: "other texts",
};
/** Below this share a tag looks false. */
const ENOUGH = 0.5;

/** `98 % e-mail addresses, 2 % other texts`, the most frequent first. */
export function looksInWords({ sampled, forms }: Pick<Looks, "sampled" | "forms">): string {
  return Object.entries(forms).sort(([, one], [, other]) => (other ?? 0) - (one ?? 0))
    .map(([form, found]) => `${percent((found ?? 0) / sampled)} ${NAMES[form] ?? form}`)
    .join(", ");
}

/** Whether the values are not what the tag says. */
export function looksFalse({ sampled, fitting }: Looks): boolean {
  return fitting !== null && fitting / sampled < ENOUGH;
}

/** Never 0 % of something, nor 100 % of less than all. */
function percent(share: number): string {
  const rounded = Math.round(100 * share);
  if (share === 1 || (rounded > 0 && rounded < 100)) return `${rounded} %`;
  return rounded === 0 ? "<1 %" : ">99 %";
}
