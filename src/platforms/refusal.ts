/** The failures by which both kinds of database turn a run away before its first row is touched. */
import { counted } from "../counted.ts";
import { type ErrorCode, ServiceError } from "../errors.ts";

/** The failure of a run on the table `displayName`, with the reason as it stands after "Cannot tokenize". */
export function refusal(code: ErrorCode, displayName: string, reason: string): ServiceError {
  return new ServiceError(code, `Cannot tokenize ${displayName}: ${reason}`);
}

/** The refusal of a run on a table that another run works on. */
export function runInProgress(displayName: string): ServiceError {
  return refusal("run_in_progress", displayName, "another run on it is under way");
}

/**
 * The refusal of a column of `maxLength` characters that cannot hold its tokens. `tokenLength` is how long
 * they are, if all are: a length that depends on a value would reveal the value's own. `carriedTo` is the
 * column's table if it is another one, to which a foreign key carries the change.
 */
export function tooLong(
  displayName: string,
  column: string,
  maxLength: number,
  tokenLength?: number,
  carriedTo?: string,
): ServiceError {
  const excess = tokenLength === undefined
    ? "the tokens of some values are longer"
    : `its tokens have ${tokenLength}`;
  const where = carriedTo === undefined
    ? ""
    : ` of ${carriedTo}, to which a foreign key carries the change,`;
  const reason = `column "${column}"${where} holds ${
    counted(maxLength, "character")
  }, ${excess}: widen it`;
  return refusal("value_too_long", displayName, reason);
}

/** A column, and how many of its values are not valid text. */
export interface InvalidTexts {
  readonly column: string;
  readonly values: number;
}

/** The refusal of columns whose values would not survive being read as text. */
export function notText(displayName: string, invalid: readonly InvalidTexts[]): ServiceError {
  const columns = invalid.map(({ column, values }) => {
    const what = counted(values, "value that is", "values that are");
    return `column "${column}" holds ${what} not valid text`;
  });
  return refusal("value_not_text", displayName, columns.join(", "));
}
