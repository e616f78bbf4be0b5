/** Which conditions cannot be tried on the new rows: the role may not read what they are about. */
import type { ReachedTable } from "../sql/reached_table.ts";
import { reachedName } from "./refused_condition.ts";

/** What is left to the run, for people: `foreign key "orders_email_fkey"`. Empty if all can be tried. */
export function untriedConditions(reached: ReachedTable): string[] {
  if (reached.isCarried && !reached.isReadable) {
    return [`all of ${reachedName(reached)}, to which a foreign key carries the tokens`];
  }
  const keys = [...reached.references, ...reached.referredBy];
  return [
    ...reached.checks.filter(({ isReadable }) => !isReadable)
      .map(({ name }) => `check constraint "${name}"`),
    ...keys.filter(({ isReadable }) => !isReadable).map(({ name }) => `foreign key "${name}"`),
  ];
}
