/**
 * Turns what the warehouse reported of a statement into errors of our own. Databricks' messages hold row
 * values and stack traces, so only the error class and the SQLSTATE are kept, and the name of a
 * constraint that refused the tokens.
 *
 * Sources: Databricks documentation, "Error conditions in Databricks" and "SQLSTATE error codes";
 * Delta Lake's `delta-error-classes.json`; Spark's `error-conditions.json`.
 */
import { type ErrorCode, type ErrorFacts, ServiceError } from "../../../errors.ts";
import { NOT_A_TOKEN, NOT_TEXT } from "../raised_errors.ts";

type Meaning = readonly [code: ErrorCode, reason: string];

const CONFLICT: Meaning = ["conflict", "other writers changed the table meanwhile"];
const NOT_FOUND: Meaning = ["table_not_found", "there is no such table"];
const COLUMN_GONE: Meaning = ["column_not_found", "a column no longer exists"];
const INVALID_TEXT: Meaning = ["value_not_text", "a value is not valid UTF-8"];
const DENIED: Meaning = ["permission_denied", "the principal lacks a right that the run needs"];

/** By error class; `A.B` is treated as `A` unless it has an entry of its own. */
const CLASSES: Readonly<Record<string, Meaning>> = {
  TABLE_OR_VIEW_NOT_FOUND: NOT_FOUND,
  SCHEMA_NOT_FOUND: NOT_FOUND,
  CATALOG_NOT_FOUND: NOT_FOUND,
  NO_SUCH_CATALOG_EXCEPTION: NOT_FOUND,
  DELTA_TABLE_NOT_FOUND: NOT_FOUND,
  UNRESOLVED_COLUMN: COLUMN_GONE,
  DELTA_MERGE_UNRESOLVED_EXPRESSION: COLUMN_GONE,
  INSUFFICIENT_PERMISSIONS: DENIED,
  INSUFFICIENT_PRIVILEGES: DENIED,
  PERMISSION_DENIED: DENIED,
  UNAUTHORIZED_ACCESS: DENIED,
  INVALID_SECRET_LOOKUP: [
    "permission_denied",
    "there is no such secret, or the principal lacks READ on the scope",
  ],
  SECRET_FUNCTION_INVALID_LOCATION: [
    "database_error",
    "Databricks does not let the run use the secret: unset DBX_SECRET_SCOPE",
  ],
  DELTA_CONCURRENT_APPEND: CONFLICT,
  DELTA_CONCURRENT_DELETE_DELETE: CONFLICT,
  DELTA_CONCURRENT_DELETE_READ: CONFLICT,
  DELTA_CONCURRENT_TRANSACTION: CONFLICT,
  DELTA_CONCURRENT_WRITE: CONFLICT,
  DELTA_METADATA_CHANGED: CONFLICT,
  DELTA_PROTOCOL_CHANGED: CONFLICT,
  DELTA_VIOLATE_CONSTRAINT_WITH_VALUES: [
    "constraint_violation",
    "a constraint refuses the tokens",
  ],
  DELTA_NOT_NULL_CONSTRAINT_VIOLATED: ["constraint_violation", "a constraint refuses the tokens"],
  DELTA_EXCEED_CHAR_VARCHAR_LIMIT: ["value_too_long", "a token is longer than its column allows"],
  EXCEED_LIMIT_LENGTH: ["value_too_long", "a token is longer than its column allows"],
  DELTA_CANNOT_MODIFY_APPEND_ONLY: ["table_not_supported", "the table is append-only"],
  DELTA_UNSUPPORTED_SOURCE: ["table_not_supported", "it cannot be updated"],
  UNSUPPORTED_FEATURE: ["table_not_supported", "the table does not support what the run needs"],
  ROW_COLUMN_ACCESS: ["table_not_supported", "a row filter or column mask is in the way"],
  DELTA_MERGE_RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT: [
    "table_not_supported",
    "this engine cannot merge into columns of type char(n): make them varchar(n)",
  ],
  MALFORMED_CHARACTER_CODING: INVALID_TEXT,
  UNRESOLVED_ROUTINE: [
    "table_not_supported",
    "the warehouse lacks a function that the run needs: it must run Databricks Runtime 15.4 or later",
  ],
};

/** By SQLSTATE, or by the two characters of its class. */
const STATES: Readonly<Record<string, Meaning>> = {
  "42P01": NOT_FOUND,
  "42501": DENIED,
  "42703": COLUMN_GONE,
  "2D521": CONFLICT,
  "22001": ["value_too_long", "a token is longer than its column allows"],
  "0A": ["table_not_supported", "the table does not support what the run needs"],
  "08": ["database_unreachable", "the connection failed"],
  "23": ["constraint_violation", "a constraint refuses the tokens"],
};

/** Delta's exceptions, for versions whose errors have no class. */
const OLD_CONFLICTS =
  /\b(?:Concurrent(?:Append|DeleteDelete|DeleteRead|Transaction|Write)|MetadataChanged|ProtocolChanged)Exception\b/;

/** Delta checks writes to a generated column with a constraint of this name. */
const GENERATED_COLUMN = /\] CHECK constraint Generated Column \(/;

/** What our own statements raise. */
const RAISED: readonly (readonly [message: string, meaning: Meaning])[] = [
  [NOT_A_TOKEN, ["token_sdk_error", "the warehouse computed something that is not a token"]],
  [NOT_TEXT, INVALID_TEXT],
];

/** The error of a statement that failed while doing `action`, from the warehouse's message and SQLSTATE. */
export function fromStatement(
  action: string,
  message: string | null | undefined,
  state: string | null | undefined,
): ServiceError {
  const text = message ?? "";
  const raised = RAISED.find(([raised]) => text.includes(`[USER_RAISED_EXCEPTION] ${raised}`));
  if (raised !== undefined) {
    const [, [code, reason]] = raised;
    return new ServiceError(code, `Cannot ${action}: ${reason}`);
  }
  if (GENERATED_COLUMN.test(text)) {
    const reason = "one of the columns is generated from others";
    return new ServiceError("column_not_tokenizable", `Cannot ${action}: ${reason}`);
  }
  const reported = /^(?:[\w.$]+: Error running query: )?\[([A-Z][A-Z0-9_.]{2,119})\]/.exec(text)
    ?.[1];
  const nested = [...text.matchAll(/^Caused by: [\w.$]+: \[([A-Z0-9_.]+)\]/gm)]
    .map((match) => match[1]!).find((name) => meaningOfClass(name) !== undefined);
  const errorClass = meaningOfClass(reported) === undefined ? nested ?? reported : reported;
  const sqlState = /^[0-9A-Z]{5}$/.test(state ?? "")
    ? state!
    : / SQLSTATE: ([0-9A-Z]{5})\b/.exec(text)?.[1];
  const [code, reason] = meaningOfClass(errorClass) ??
    (sqlState === undefined ? undefined : STATES[sqlState] ?? STATES[sqlState.slice(0, 2)]) ??
    (OLD_CONFLICTS.test(text) ? CONFLICT : undefined) ??
    ["database_error", "the warehouse reported an error"] as const;
  const constraint = code === "constraint_violation"
    ? /\] CHECK constraint ([A-Za-z_]\w{0,127}) \(/.exec(text)?.[1]
    : undefined;
  const facts: ErrorFacts = { sqlState, errorClass, constraint };
  return new ServiceError(code, `Cannot ${action}: ${reason}${shown(facts)}`, facts);
}

function meaningOfClass(name: string | undefined): Meaning | undefined {
  return name === undefined ? undefined : CLASSES[name] ?? CLASSES[name.split(".")[0]!];
}

function shown({ errorClass, sqlState, constraint }: ErrorFacts): string {
  const parts = [
    ...(errorClass === undefined ? [] : [errorClass]),
    ...(sqlState === undefined ? [] : [`SQLSTATE ${sqlState}`]),
    ...(constraint === undefined ? [] : [`constraint "${constraint}"`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
