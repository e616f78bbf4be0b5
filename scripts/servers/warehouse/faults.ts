/** The misbehaviour that tests ask for most, ready to hand to `addFault`. */
import type { CutManner, FaultRule, Moment } from "./control.ts";

type Scope = Omit<FaultRule, "action">;

const EXECUTE = ["ExecuteStatement"];
const WRITES = "^\\s*(MERGE|UPDATE|INSERT|DELETE)\\b";

/** The token is not known. */
export function unauthorized(scope: Scope = {}): FaultRule {
  return { ...scope, action: { kind: "answer", status: 401, reason: "Invalid access token" } };
}

/** The token is known and may not use this warehouse. */
export function forbidden(scope: Scope = {}): FaultRule {
  const reason = "PERMISSION_DENIED: You do not have permission to use this warehouse";
  return { ...scope, action: { kind: "answer", status: 403, reason } };
}

/** Too many requests. */
export function rateLimited(retryAfterSeconds: number, scope: Scope = {}): FaultRule {
  const reason = "REQUEST_LIMIT_EXCEEDED: too many requests";
  return { ...scope, action: { kind: "answer", status: 429, retryAfterSeconds, reason } };
}

/** The warehouse cannot be had, for instance because it is starting. */
export function unavailable(retryAfterSeconds: number, scope: Scope = {}): FaultRule {
  const reason = "TEMPORARILY_UNAVAILABLE: the warehouse is temporarily unavailable";
  return { ...scope, action: { kind: "answer", status: 503, retryAfterSeconds, reason } };
}

/** The connection is cut, before the statement took effect or after. */
export function cut(
  moment: Moment,
  scope: Scope & { readonly manner?: CutManner } = {},
): FaultRule {
  const { manner = "abrupt", ...rest } = scope;
  return { methods: EXECUTE, ...rest, action: { kind: "cut", moment, manner } };
}

/** The answer comes, and the connection is closed after it. */
export function hangUp(scope: Scope = {}): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "hang_up" } };
}

/** A write meets one that was faster: what Delta says when both appended files. */
export function deltaConflict(
  scope: Scope & { readonly wording?: "spark" | "databricks" } = {},
): FaultRule {
  const { wording = "databricks", ...rest } = scope;
  return {
    methods: EXECUTE,
    statement: WRITES,
    ...rest,
    action: {
      kind: "fail_operation",
      errorClass: "DELTA_CONCURRENT_APPEND",
      sqlState: "2D521",
      exception: "io.delta.exceptions.ConcurrentAppendException",
      message: "ConcurrentAppendException: Files were added to the root of the table by a " +
        "concurrent update. Please try the operation again.",
      wording,
    },
  };
}

/** The caller may use the warehouse, and not this table. */
export function tablePermissionDenied(scope: Scope = {}): FaultRule {
  return {
    methods: EXECUTE,
    ...scope,
    action: {
      kind: "fail_operation",
      errorClass: "INSUFFICIENT_PERMISSIONS",
      sqlState: "42501",
      exception: "org.apache.spark.sql.AnalysisException",
      message: "Insufficient privileges: User does not have MODIFY on the table",
      wording: "databricks",
    },
  };
}

/** The session is gone, as after a long pause or a restart of the warehouse. */
export function expiredSession(
  scope: Scope & { readonly wording?: "spark" | "databricks" | "not_found" } = {},
): FaultRule {
  const { wording = "databricks", ...rest } = scope;
  return { methods: EXECUTE, ...rest, action: { kind: "lose_session", wording } };
}

/** The answer comes late. */
export function slow(delayMs: number, scope: Scope = {}): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "delay", delayMs } };
}

/** Requests wait until the test releases them. */
export function hold(moment: Moment, scope: Scope = {}): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "hold", moment } };
}

/** A writer between: its statements run before, or right after, those of the client. */
export function writerBetween(
  moment: Moment,
  statements: readonly string[],
  scope: Scope = {},
): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "run_sql", moment, statements } };
}

/**
 * A warehouse that is asleep, and starting since it was first asked. Give `forMs` or `times` and it
 * wakes by itself; else remove the fault.
 *
 * - `http`: every request gets 503 with Retry-After.
 * - `session`: sessions open, and every operation on them is refused as not ready.
 * - `pending`: statements are accepted and stay pending.
 */
export function asleep(style: "http" | "session" | "pending", scope: Scope = {}): FaultRule {
  const awake: Scope = { times: "always", ...scope };
  switch (style) {
    case "http":
      return unavailable(1, awake);
    case "session":
      return { methods: EXECUTE, ...awake, action: { kind: "session_not_ready" } };
    case "pending":
      return { methods: ["GetOperationStatus"], ...awake, action: { kind: "keep_pending" } };
  }
}
