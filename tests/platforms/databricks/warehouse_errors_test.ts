/** How errors of the warehouse become our own; only classes, states and names remain of its messages. */
import assert from "node:assert/strict";
import {
  HttpStatusError,
  toNoResponse,
} from "../../../src/platforms/databricks/connection/http_transport.ts";
import { fromStatement } from "../../../src/platforms/databricks/connection/statement_errors.ts";
import { faultOf } from "../../../src/platforms/databricks/connection/warehouse_errors.ts";
import { NOT_A_TOKEN, NOT_TEXT } from "../../../src/platforms/databricks/raised_errors.ts";

const ACTION = "tokenize a.b.c";
const SPARK = "org.apache.hive.service.cli.HiveSQLException: Error running query: ";

Deno.test("errors of statements are mapped by their class, then by their SQLSTATE", () => {
  for (
    const [message, state, code] of [
      ["[TABLE_OR_VIEW_NOT_FOUND] `canary` SQLSTATE: 42P01", "42P01", "table_not_found"],
      [`${SPARK}[SCHEMA_NOT_FOUND] canary`, "42704", "table_not_found"],
      ["[UNRESOLVED_COLUMN.WITH_SUGGESTION] canary", "42703", "column_not_found"],
      ["[INSUFFICIENT_PERMISSIONS] canary", "42501", "permission_denied"],
      [
        "[INVALID_SECRET_LOOKUP.SECRET_FUNCTION_LOOKUP_FAILED] canary",
        "22531",
        "permission_denied",
      ],
      ["[SECRET_FUNCTION_INVALID_LOCATION] canary", "42K0E", "database_error"],
      [`${SPARK}[DELTA_CONCURRENT_APPEND] canary`, "2D521", "conflict"],
      ["[DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT] canary", null, "conflict"],
      ["[DELTA_METADATA_CHANGED] canary", null, "conflict"],
      ["io.delta.exceptions.ConcurrentDeleteReadException: canary", null, "conflict"],
      ['[DELTA_EXCEED_CHAR_VARCHAR_LIMIT] Value "canary"', "22001", "value_too_long"],
      ["[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] canary", "23502", "constraint_violation"],
      ["[DELTA_CANNOT_MODIFY_APPEND_ONLY] canary", "42809", "table_not_supported"],
      ["[ROW_COLUMN_ACCESS.UNSUPPORTED] canary", "0A000", "table_not_supported"],
      ["[SOMETHING_NEW] canary", "0A123", "table_not_supported"],
      ["[SOMETHING_NEW] canary SQLSTATE: 23999", undefined, "constraint_violation"],
      ["[SOMETHING_NEW] canary", "08006", "database_unreachable"],
      ["[SOMETHING_NEW] canary", "XX000", "database_error"],
      ["java.lang.RuntimeException: canary", null, "database_error"],
      [undefined, undefined, "database_error"],
      [
        `[SOMETHING_NEW] canary\n+- Project [raise_error(${NOT_A_TOKEN})]`,
        "42K0E",
        "database_error",
      ],
      [`[USER_RAISED_EXCEPTION] ${NOT_A_TOKEN} SQLSTATE: P0001`, "P0001", "token_sdk_error"],
      [`[USER_RAISED_EXCEPTION] ${NOT_TEXT} SQLSTATE: P0001`, "P0001", "value_not_text"],
      ["[MALFORMED_CHARACTER_CODING] canary", "22000", "value_not_text"],
      ["[UNRESOLVED_ROUTINE] `is_valid_utf8`", "42883", "table_not_supported"],
    ] as const
  ) {
    const error = fromStatement(ACTION, message, state);
    assert.equal(error.code, code, message);
    assert.match(error.message, /^Cannot tokenize a\.b\.c: /);
    assert.ok(!/canary/i.test(JSON.stringify([error.message, error.facts])), message);
  }
});

Deno.test("the class of a wrapped error comes before that of its wrapper", () => {
  const error = fromStatement(
    ACTION,
    `${SPARK}[TASK_WRITE_FAILED] org.apache.spark.SparkException: canary. SQLSTATE: 58030\n` +
      "\tat org.apache.spark.Task.run(Task.scala:1)\n" +
      "Caused by: org.apache.spark.SparkException: [TASK_WRITE_FAILED] canary\n" +
      "Caused by: org.apache.spark.sql.Delta: [DELTA_NOT_NULL_CONSTRAINT_VIOLATED] canary\n",
    "58030",
  );
  assert.equal(error.code, "constraint_violation");
  assert.equal(error.facts.errorClass, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
});

Deno.test("a constraint's name is passed on, but not its expression", () => {
  const violation = (name: string) =>
    fromStatement(
      ACTION,
      `${SPARK}[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] x: [DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] ` +
        `CHECK constraint ${name} (length(v) < 9) violated by row with values:\n - v : canary`,
      "23001",
    );
  const error = violation("shortish");
  assert.deepEqual(error.facts, {
    sqlState: "23001",
    errorClass: "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
    constraint: "shortish",
  });
  assert.match(error.message, /constraint "shortish"\)$/);
  assert.equal(violation("odd canary").facts.constraint, undefined);
});

Deno.test("a generated column is column_not_tokenizable", () => {
  const error = fromStatement(
    ACTION,
    "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint Generated Column (`g` <=> lower(n)) " +
      "violated by row with values:\n - g : canary",
    "23001",
  );
  assert.equal(error.code, "column_not_tokenizable");
});

Deno.test("HTTP statuses and lost responses are mapped by what can be done about them", () => {
  const http = (status: number, seconds?: number) =>
    faultOf(new HttpStatusError(status, seconds), ACTION);
  assert.deepEqual(http(503, 7), { kind: "unavailable", retryAfterSeconds: 7 });
  assert.deepEqual(http(429), { kind: "rate_limited", status: 429, retryAfterSeconds: undefined });
  assert.equal(http(401).kind, "unauthorized");
  assert.equal(http(404).kind, "stale_handle");
  assert.equal(http(502).kind, "unanswered");
  for (
    const [status, code] of [[403, "permission_denied"], [307, "database_unreachable"]] as const
  ) {
    const fault = http(status);
    assert.ok(fault.kind === "failed");
    assert.equal(fault.error.code, code);
    assert.match(fault.error.message, new RegExp(`HTTP ${status}`));
  }
});

Deno.test("errors of fetch are mapped by whether the request may have arrived", () => {
  const sending = "error sending request for url (https://canary/): client error ";
  for (
    const [message, kind, cause] of [
      [
        `${sending}(Connect): tcp connect error: Connection refused (os error 111)`,
        "unsent",
        "ECONNREFUSED",
      ],
      [
        `${sending}(Connect): dns error: failed to lookup address information`,
        "unsent",
        "ENOTFOUND",
      ],
      [
        `${sending}(Connect): invalid peer certificate: UnknownIssuer`,
        "failed",
        "CERTIFICATE_UNKNOWN_ISSUER",
      ],
      [
        `${sending}(SendRequest): connection closed before message completed`,
        "unanswered",
        undefined,
      ],
      ["error reading a body from connection", "unanswered", undefined],
      [
        'Requires net access to "canary:443", run again with the --allow-net flag',
        "unsent",
        "NOT_ALLOWED",
      ],
    ] as const
  ) {
    const fault = faultOf(toNoResponse(new TypeError(message)), ACTION);
    assert.ok(fault.kind === kind && "error" in fault, message);
    assert.equal(fault.error.code, "database_unreachable");
    assert.equal(fault.error.facts.cause, cause);
    assert.ok(!/canary/.test(fault.error.message));
  }
  const late = faultOf(toNoResponse(new DOMException("Signal timed out.", "TimeoutError")), ACTION);
  assert.equal(late.kind, "unanswered");
});

Deno.test("lost sessions are recognised in every wording, also if the driver throws no Error", () => {
  for (
    const message of [
      "Invalid SessionHandle: SessionHandle [canary]",
      "Invalid OperationHandle: OperationHandle [canary]",
      "requirement failed: Session handle: SessionHandle [canary] has not been initialized or had already closed.",
      "RESOURCE_DOES_NOT_EXIST: no such session",
    ]
  ) {
    assert.deepEqual(faultOf({ name: "Status Error", message, code: -1 }, ACTION), {
      kind: "stale_handle",
    });
  }
  assert.deepEqual(faultOf(new Error("The session was closed or has expired"), ACTION), {
    kind: "stale_handle",
  });
  const other = faultOf({ name: "Status Error", message: "[PARSE_SYNTAX_ERROR] canary" }, ACTION);
  assert.ok(other.kind === "failed" && other.error.code === "database_error");
  const unforeseen = faultOf(new RangeError("canary"), ACTION);
  assert.ok(unforeseen.kind === "failed" && unforeseen.error.facts.cause === "RangeError");
});
