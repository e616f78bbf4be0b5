/** Whether the columns can hold the tokens of their values: known before the first row is written. */
import type { Conversion } from "../tokens/conversion.ts";
import type { TextColumn } from "./convert_batch.ts";
import { type Refuse, throwObstacle } from "./obstacles.ts";
import { tooLong } from "./refusal.ts";

/** If a token of such a value is no longer than another, all tokens are of one length. */
const VERY_LONG_BYTES = 1024 ** 3;

/** A table whose values are measured. */
export interface MeasuredTable<Column extends TextColumn> {
  /** The name of the run's table. */
  readonly displayName: string;
  readonly columns: readonly Column[];
  /** The name of the columns' table if it is another one, to which a foreign key carries the change. */
  readonly carriedTo?: string;
}

/**
 * Compares each column of limited length with the longest token that its values may need. `measure`
 * gives the length in bytes of UTF-8 of the longest selected value of each column it is called with, null
 * if a column has none. It is not called if no column is limited.
 *
 * Refuses with `value_too_long`, which does not tell the length of any value, and throws what `measure` throws.
 */
export async function checkLengths<Column extends TextColumn>(
  { displayName, columns, carriedTo }: MeasuredTable<Column>,
  conversion: Pick<Conversion, "maxLength">,
  measure: (limited: readonly Column[]) => Promise<readonly (number | null)[]>,
  refuse: Refuse = throwObstacle,
): Promise<void> {
  const limited = columns.filter(({ maxLength }) => maxLength !== null);
  if (limited.length === 0) return;
  const longestBytes = await measure(limited);
  limited.forEach(({ name, maxLength }, i) => {
    const bytes = longestBytes[i] ?? null;
    if (bytes === null) return;
    const needed = conversion.maxLength(bytes);
    const isFixed = conversion.maxLength(VERY_LONG_BYTES) === needed;
    if (needed > maxLength!) {
      refuse(tooLong(displayName, name, maxLength!, isFixed ? needed : undefined, carriedTo));
    }
  });
}
