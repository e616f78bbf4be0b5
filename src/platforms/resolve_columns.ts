/** From the columns that a caller named to those that the table has. */
import type { ColumnRef } from "../datahub/schema_field.ts";
import { didYouMean, hintAt } from "../did_you_mean.ts";
import type { ServiceError } from "../errors.ts";
import { type Refuse, throwObstacle } from "./obstacles.ts";
import { refusal } from "./refusal.ts";

/**
 * The counterpart of each column asked for: names are compared as they are, and only if none matches
 * without regard to case.
 *
 * Refuses with `column_not_found`, `ambiguous_name` or `invalid_request` (a column named twice); the
 * column is then left out. The first of these asks whether the most similar of `visible` was meant: names
 * that may be shown to the caller.
 */
export function resolveColumns<C extends { readonly name: string }>(
  displayName: string,
  columns: readonly C[],
  asked: readonly ColumnRef[],
  refuse: Refuse = throwObstacle,
  visible: readonly string[] = [],
): C[] {
  const resolved = asked.flatMap((column) => {
    const found = resolveColumn(displayName, columns, column, visible);
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
  visible: readonly string[],
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
    const hint = hintAt(
      asked.names.map((name) => didYouMean(name, visible)).find((each) => each !== undefined),
    );
    return refusal("column_not_found", displayName, `it has no column "${asked.written}"${hint}`);
  }
  return found[0];
}
