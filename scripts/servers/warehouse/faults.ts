/** The usual faults, for `addFault`. */
import type { CutManner, FaultRule, Moment } from "./control.ts";

type Scope = Omit<FaultRule, "action">;

const EXECUTE = ["ExecuteStatement"];
/** Finds the statement that lists a table's policies. */
export const SHOW_POLICIES = "^\\s*SHOW\\s+EFFECTIVE\\s+POLICIES\\b";
const WRITES = "^\\s*(MERGE|UPDATE|INSERT|DELETE)\\b";

/** The access token is unknown. */
export function unauthorized(scope: Scope = {}): FaultRule {
  return { ...scope, action: { kind: "respond", status: 401, reason: "Invalid access token" } };
}

/** The access token is known, and may not use this warehouse. */
export function forbidden(scope: Scope = {}): FaultRule {
  const reason = "PERMISSION_DENIED: You do not have permission to use this warehouse";
  return { ...scope, action: { kind: "respond", status: 403, reason } };
}

/** Too many requests. */
export function rateLimited(retryAfterSeconds: number, scope: Scope = {}): FaultRule {
  const reason = "REQUEST_LIMIT_EXCEEDED: too many requests";
  return { ...scope, action: { kind: "respond", status: 429, retryAfterSeconds, reason } };
}

/** The warehouse is not available, for instance because it is starting. */
export function unavailable(retryAfterSeconds: number, scope: Scope = {}): FaultRule {
  const reason = "TEMPORARILY_UNAVAILABLE: the warehouse is temporarily unavailable";
  return { ...scope, action: { kind: "respond", status: 503, retryAfterSeconds, reason } };
}

/** The connection is cut, before or after the statement took effect. */
export function cut(
  moment: Moment,
  scope: Scope & { readonly manner?: CutManner } = {},
): FaultRule {
  const { manner = "abrupt", ...rest } = scope;
  return { methods: EXECUTE, ...rest, action: { kind: "cut", moment, manner } };
}

/** The connection is closed after the response. */
export function hangUp(scope: Scope = {}): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "hang_up" } };
}

/** A write conflicts with a faster one: Delta's error if both added files. */
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

/** The principal may use the warehouse, but not this table. */
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

/**
 * The table has these policies, as `SHOW EFFECTIVE POLICIES ON TABLE` lists them on Databricks; Spark
 * has no policies, and not that statement.
 */
export function policies(
  rows: readonly (readonly [name: string, type: string])[],
  scope: Scope = {},
): FaultRule {
  const values = rows.map(([name, type]) =>
    `('${name}', '${type}', 'main', CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING))`
  );
  const names = "(`Policy Name`, `Policy Type`, `Catalog`, `Schema`, `Table`, `Comment`)";
  const list = values.length === 0
    ? "SELECT * FROM VALUES ('', '', '', '', '', '') AS p" + `${names} WHERE false`
    : `SELECT * FROM VALUES ${values.join(", ")} AS p${names}`;
  return {
    methods: EXECUTE,
    statement: SHOW_POLICIES,
    times: "always",
    ...scope,
    action: { kind: "run_instead", statement: list },
  };
}

/** The warehouse is older than the function `hmac`. */
export function withoutHmac(): FaultRule {
  return {
    methods: EXECUTE,
    statement: "^\\s*SHOW\\s+FUNCTIONS\\b",
    times: "always",
    action: { kind: "run_instead", statement: "SELECT '' AS function WHERE false" },
  };
}

/** The statement that would make a table, as `SHOW CREATE TABLE` gives it; Spark has none for Delta tables. */
export function createStatement(statement: string, scope: Scope = {}): FaultRule {
  const select = `SELECT '${statement.replaceAll("'", "\\'")}' AS createtab_stmt`;
  return {
    methods: EXECUTE,
    statement: "^\\s*SHOW\\s+CREATE\\s+TABLE\\b",
    times: "always",
    ...scope,
    action: { kind: "run_instead", statement: select },
  };
}

/** The session is lost, as after a long pause or a restart of the warehouse. */
export function expiredSession(
  scope: Scope & { readonly wording?: "spark" | "databricks" | "not_found" } = {},
): FaultRule {
  const { wording = "databricks", ...rest } = scope;
  return { methods: EXECUTE, ...rest, action: { kind: "lose_session", wording } };
}

/** The response is delayed. */
export function slow(delayMs: number, scope: Scope = {}): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "delay", delayMs } };
}

/** The request waits until the test releases it. */
export function hold(moment: Moment, scope: Scope = {}): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "hold", moment } };
}

/** Another writer's statements run just before or just after the client's. */
export function writerBetween(
  moment: Moment,
  statements: readonly string[],
  scope: Scope = {},
): FaultRule {
  return { methods: EXECUTE, ...scope, action: { kind: "run_sql", moment, statements } };
}

/**
 * The warehouse is stopped, and starts when it gets its first request. It has started when `forMs` or
 * `times` is over, or the fault is removed.
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
