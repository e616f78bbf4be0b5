/**
 * Turns what the driver threw or the warehouse reported into errors of our own. Databricks' messages
 * hold row values and stack traces, so only the error class and the SQLSTATE are kept, and the name of
 * a constraint that refused the tokens.
 *
 * Sources: Databricks documentation, "Error conditions in Databricks" and "SQLSTATE error codes";
 * Delta Lake's `delta-error-classes.json`; Spark's `error-conditions.json`.
 */
import { type ErrorCode, type ErrorFacts, ServiceError } from "../../../errors.ts";
import { NOT_A_TOKEN, NOT_TEXT } from "../raised_errors.ts";
import { HttpStatusError, NoResponseError } from "./http_transport.ts";

/** What went wrong with a request, by what can be done about it. */
export type Fault =
  /** Refused unread because there were too many requests: safe to send again after a while. */
  | {
    readonly kind: "rate_limited";
    readonly status: number;
    readonly retryAfterSeconds: number | undefined;
  }
  /** Refused unread because the warehouse is starting: likewise. */
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number | undefined }
  /** The access token was refused. */
  | { readonly kind: "unauthorized"; readonly error: ServiceError }
  /** The session or the statement is not known to the warehouse, or not yet. */
  | { readonly kind: "stale_handle" }
  /** No response came, so whether it was done is not known. */
  | { readonly kind: "unanswered"; readonly error: ServiceError }
  /** The request never reached the warehouse. */
  | { readonly kind: "unsent"; readonly error: ServiceError }
  /** Nothing can be done. */
  | { readonly kind: "failed"; readonly error: ServiceError };

/**
 * The response to a statement was lost: a write may have been done or not, the rest of a result is
 * gone. The message is the action.
 */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
}

/** The warehouse does not know the session or the statement. The message is the action. */
export class StaleHandleError extends Error {
  override readonly name = "StaleHandleError";
}

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

/** The fault behind what the driver threw while doing `action`, as in "Cannot <action>". Never throws. */
export function faultOf(thrown: unknown, action: string): Fault {
  if (thrown instanceof ServiceError) return { kind: "failed", error: thrown };
  if (thrown instanceof HttpStatusError) return httpFault(thrown, action);
  if (thrown instanceof NoResponseError) return connectionFault(thrown, action);
  const { name, message } = (thrown ?? {}) as { name?: unknown; message?: unknown };
  const text = typeof message === "string" ? message : "";
  if (STALE_HANDLE.test(text)) return { kind: "stale_handle" };
  // not an Error, but what the driver throws if the response to a request is an error
  if (name === "Status Error") {
    return { kind: "failed", error: fromStatement(action, text, undefined) };
  }
  const cause = typeof name === "string" && /^\w{1,40}$/.test(name) ? name : "Error";
  return {
    kind: "failed",
    error: new ServiceError("database_error", `Cannot ${action}: the driver failed`, { cause }),
  };
}

/** How Spark, Databricks and the driver say that they do not know a session or a statement. */
const STALE_HANDLE =
  /^Invalid (?:Session|Operation)Handle\b|has not been initialized or had already closed|^RESOURCE_DOES_NOT_EXIST\b|^The session was closed or has expired$/;

function httpFault({ status, retryAfterSeconds }: HttpStatusError, action: string): Fault {
  const error = (code: ErrorCode, reason: string) =>
    new ServiceError(code, `Cannot ${action}: ${reason} (HTTP ${status})`, {
      cause: `HTTP_${status}`,
    });
  switch (status) {
    case 401:
      return {
        kind: "unauthorized",
        error: error("database_unreachable", "the warehouse refuses the access token"),
      };
    case 403:
      return {
        kind: "failed",
        error: error("permission_denied", "the access token may not use the warehouse"),
      };
    case 404:
      return { kind: "stale_handle" };
    case 429:
      return { kind: "rate_limited", status, retryAfterSeconds };
    case 503:
      return { kind: "unavailable", retryAfterSeconds };
    // a proxy in between may have passed the request on
    case 408:
    case 500:
    case 502:
    case 504:
      return {
        kind: "unanswered",
        error: error("database_unreachable", "the warehouse gave no response"),
      };
    default:
      return {
        kind: "failed",
        error: error("database_unreachable", "the warehouse refuses the request"),
      };
  }
}

function connectionFault({ wasSent, reason }: NoResponseError, action: string): Fault {
  const isUntrusted = reason?.startsWith("CERTIFICATE") === true;
  const what = isUntrusted
    ? "the warehouse's certificate cannot be trusted"
    : "the connection to the warehouse failed";
  const shown = reason === undefined ? "" : ` (${reason})`;
  const error = new ServiceError(
    "database_unreachable",
    `Cannot ${action}: ${what}${shown}`,
    reason === undefined ? {} : { cause: reason },
  );
  if (isUntrusted) return { kind: "failed", error };
  return { kind: wasSent ? "unanswered" : "unsent", error };
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
