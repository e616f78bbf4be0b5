/** What else an UPDATE of a table would set off: refused, unless the configuration allows it. */
import { refusal } from "../../refusal.ts";
import type { CheckedTable } from "./check_table.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { Session } from "../connection/session.ts";
import { findHooksQuery, type HookEffect, type HookRow } from "../sql/find_side_effects.ts";
import type { FoundTable } from "../sql/find_tables.ts";

/**
 * The names of the triggers and rules that will fire; not empty only where they are allowed to.
 *
 * Throws `table_not_supported` for those that are not, and for foreign keys that would change rows
 * in ways that nobody asked for.
 */
export async function findHooks(
  session: Session,
  table: CheckedTable,
  found: FoundTable,
  allowTriggers: boolean,
): Promise<readonly string[]> {
  const { displayName, columns } = table;
  // the look-up found more columns than are meant where names differ in case alone
  const rows = columns.length === found.columns.length
    ? found.hooks
    : await lookUpHooks(session, table);
  const named = (wanted: HookEffect) =>
    rows.filter(([effect]) => effect === wanted).map(([, name]) => name);
  const refuse = (names: readonly string[], reason: (list: string) => string) => {
    if (names.length === 0) return;
    const list = names.map((name) => `"${name}"`).join(", ");
    throw refusal("table_not_supported", displayName, reason(list));
  };
  refuse(named("wipes"), (list) => `foreign keys would set rows elsewhere to NULL (${list})`);
  refuse(named("returns"), (list) => `foreign keys cascade within the table itself (${list})`);
  const triggers = named("fires");
  if (!allowTriggers) {
    refuse(
      triggers,
      (list) =>
        `triggers or rules would fire and may copy values elsewhere (${list}): ` +
        "set ALLOW_TRIGGERS=true to let them",
    );
  }
  return triggers;
}

async function lookUpHooks(
  session: Session,
  { displayName, oid, columns }: CheckedTable,
): Promise<readonly HookRow[]> {
  const { rows } = await session.query<HookRow>(
    `look up the triggers of ${displayName}`,
    findHooksQuery("$1::oid", "$2::text[]"),
    [String(oid), arrayLiteral(columns.map(({ name }) => name))],
  );
  return rows;
}
