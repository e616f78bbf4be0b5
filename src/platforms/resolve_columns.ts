/** From the columns a caller named to those the table has. */
import type { ColumnRef } from "../datahub/schema_field.ts";
import { type ErrorCode, ServiceError } from "../errors.ts";

/**
 * Each asked column's counterpart: names as they are first, then without regard to case.
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

/** The refusal of a table, before its first row is touched. */
export function refusal(code: ErrorCode, displayName: string, reason: string): ServiceError {
  return new ServiceError(code, `Cannot tokenize ${displayName}: ${reason}`);
}
