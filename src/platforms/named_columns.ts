/** Which of a table's columns were asked for, when it is inspected. */
import type { ColumnRef } from "../datahub/schema_field.ts";
import { ServiceError } from "../errors.ts";

/**
 * The column for each that was asked for: by its exact name, or else without regard to case. Throws
 * `column_not_found`, `ambiguous_name`, or `invalid_request` for one that is named twice.
 */
export function namedColumns<C extends { readonly name: string }>(
  table: string,
  columns: readonly C[],
  asked: readonly ColumnRef[],
): C[] {
  const found = asked.map(({ names, written }) => {
    const exact = columns.filter(({ name }) => names.includes(name));
    const lower = names.map((name) => name.toLowerCase());
    const any = exact.length > 0
      ? exact
      : columns.filter(({ name }) => lower.includes(name.toLowerCase()));
    if (any.length === 1) return any[0]!;
    throw any.length === 0
      ? failure("column_not_found", table, `it has no column "${written}"`)
      : failure("ambiguous_name", table, `several columns can be meant by "${written}"`);
  });
  const twice = found.find((column, i) => found.indexOf(column) < i);
  if (twice === undefined) return found;
  throw failure("invalid_request", table, `column "${twice.name}" is named twice`);
}

function failure(
  code: "column_not_found" | "ambiguous_name" | "invalid_request",
  table: string,
  reason: string,
): ServiceError {
  return new ServiceError(code, `Cannot verify ${table}: ${reason}`);
}
