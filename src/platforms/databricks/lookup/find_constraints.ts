/** The CHECK constraints of a Delta table that a run may violate. */
import type { Session } from "../connection/session.ts";
import { type PropertyRow, showPropertiesStatement } from "../sql/show_properties.ts";
import type { CheckConstraint, CheckedTable } from "../table.ts";

const PREFIX = "delta.constraints.";

/**
 * The constraints that mention one of the columns. The text of a constraint becomes part of a query, with
 * the rights of this principal; so one is left out if it may be more than an expression of one row, as
 * the owner of the table can write any text into its properties.
 */
export async function findConstraints(
  session: Session,
  table: CheckedTable,
): Promise<CheckConstraint[]> {
  if (!table.isDelta || table.properties?.includes(PREFIX) === false) return [];
  const rows = await session.query<PropertyRow>(
    "look up the table's constraints",
    showPropertiesStatement(table),
  );
  return rows.filter(({ key }) => key.startsWith(PREFIX))
    .map(({ key, value }) => ({ name: key.slice(PREFIX.length), expression: value }))
    .filter(({ expression }) => isOfOneRow(expression) && mentions(expression, table));
}

/** Whether the text is an expression in balanced parentheses, without a query or a comment. */
export function isOfOneRow(expression: string): boolean {
  if (expression.includes("\\")) return false; // how it is read depends on the session
  const bare = expression.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, "x");
  if (/['"`;]|--|\/\*|\|>|\b(select|from|table|with|values)\b/i.test(bare)) return false;
  let depth = 0;
  for (const char of bare) {
    if (char === "(") depth++;
    if (char === ")" && --depth < 0) return false;
  }
  return depth === 0;
}

function mentions(expression: string, { columns }: CheckedTable): boolean {
  const lowered = expression.toLowerCase();
  return columns.some(({ name }) => lowered.includes(name.toLowerCase().replaceAll("`", "``")));
}
