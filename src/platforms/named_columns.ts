/** Which of a table's columns were asked for, when it is inspected. */
import type { ColumnRef } from "../datahub/schema_field.ts";
import { didYouMean, hintAt } from "../did_you_mean.ts";
import { ServiceError } from "../errors.ts";

/**
 * The column for each that was asked for: by its exact name, or else without regard to case. Throws
 * `column_not_found`, `ambiguous_name`, or `invalid_request` for one that is named twice. The first of these
 * asks whether the most similar of `visible` was meant: names that may be shown to the caller.
 */
export function namedColumns<C extends { readonly name: string }>(
  table: string,
  columns: readonly C[],
  asked: readonly ColumnRef[],
  visible: readonly string[],
): C[] {
  const found = asked.map(({ names, written }) => {
    const exact = columns.filter(({ name }) => names.includes(name));
    const lower = names.map((name) => name.toLowerCase());
    const any = exact.length > 0
      ? exact
      : columns.filter(({ name }) => lower.includes(name.toLowerCase()));
    if (any.length === 1) return any[0]!;
    if (any.length > 1) {
      throw failure("ambiguous_name", table, `several columns can be meant by "${written}"`);
    }
    const meant = names.map((name) => didYouMean(name, visible)).find(Boolean);
    throw failure("column_not_found", table, `it has no column "${written}"${hintAt(meant)}`);
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
