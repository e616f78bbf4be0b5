/** From the columns that a caller named to those that the table has. */
import type { ColumnRef } from "../datahub/schema_field.ts";
import type { ServiceError } from "../errors.ts";
import { type Refuse, throwObstacle } from "./obstacles.ts";
import { refusal } from "./refusal.ts";

/**
 * The counterpart of each column asked for: names are compared as they are, and only if none matches
 * without regard to case.
 *
 * Refuses with `column_not_found`, `ambiguous_name` or `invalid_request` (a column named twice); the
 * column is then left out.
 */
export function resolveColumns<C extends { readonly name: string }>(
  displayName: string,
  columns: readonly C[],
  asked: readonly ColumnRef[],
  refuse: Refuse = throwObstacle,
): C[] {
  const resolved = asked.flatMap((column) => {
    const found = resolveColumn(displayName, columns, column);
    if (!(found instanceof Error)) return [found];
    refuse(found);
    return [];
  });
  const twice = resolved.find((column, i) => resolved.indexOf(column) !== i);
  if (twice !== undefined) {
    refuse(refusal("invalid_request", displayName, `column "${twice.name}" is named twice`));
  }
  return [...new Set(resolved)];
}

function resolveColumn<C extends { readonly name: string }>(
  displayName: string,
  columns: readonly C[],
  asked: ColumnRef,
): C | ServiceError {
  const exact = columns.filter(({ name }) => asked.names.includes(name));
  const lowered = asked.names.map((name) => name.toLowerCase());
  const found = exact.length > 0
    ? exact
    : columns.filter(({ name }) => lowered.includes(name.toLowerCase()));
  if (found.length > 1) {
    const names = found.map(({ name }) => `"${name}"`).join(", ");
    return refusal("ambiguous_name", displayName, `column "${asked.written}" can mean ${names}`);
  }
  if (found[0] === undefined) {
    return refusal("column_not_found", displayName, `it has no column "${asked.written}"`);
  }
  return found[0];
}
