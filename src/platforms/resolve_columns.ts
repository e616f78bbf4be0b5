/** From the columns that a caller named to those that the table has. */
import type { ColumnRef } from "../datahub/schema_field.ts";
import { refusal } from "./refusal.ts";

/**
 * The counterpart of each column asked for: names are compared as they are, and only if none matches
 * without regard to case.
 *
 * Throws `column_not_found`, `ambiguous_name` or `invalid_request` (a column named twice).
 */
export function resolveColumns<C extends { readonly name: string }>(
  displayName: string,
  columns: readonly C[],
  asked: readonly ColumnRef[],
): C[] {
  const resolved = asked.map((column) => resolveColumn(displayName, columns, column));
  const twice = resolved.find((column, i) => resolved.indexOf(column) !== i);
  if (twice !== undefined) {
    throw refusal("invalid_request", displayName, `column "${twice.name}" is named twice`);
  }
  return resolved;
}

function resolveColumn<C extends { readonly name: string }>(
  displayName: string,
  columns: readonly C[],
  asked: ColumnRef,
): C {
  const exact = columns.filter(({ name }) => asked.names.includes(name));
  const lowered = asked.names.map((name) => name.toLowerCase());
  const found = exact.length > 0
    ? exact
    : columns.filter(({ name }) => lowered.includes(name.toLowerCase()));
  if (found.length > 1) {
    const names = found.map(({ name }) => `"${name}"`).join(", ");
    throw refusal("ambiguous_name", displayName, `column "${asked.written}" can mean ${names}`);
  }
  if (found[0] === undefined) {
    throw refusal("column_not_found", displayName, `it has no column "${asked.written}"`);
  }
  return found[0];
}
