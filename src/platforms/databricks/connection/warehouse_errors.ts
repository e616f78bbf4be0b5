/** Turns what the driver threw for a request into errors of our own. */
import { type ErrorCode, ServiceError } from "../../../errors.ts";
import { HttpStatusError, NoResponseError } from "./http_transport.ts";
import { fromStatement } from "./statement_errors.ts";

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
