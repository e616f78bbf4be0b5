/** Thrift replies that do not come from Spark. */
import { encodeReply, type Envelope } from "../thrift/messages.ts";
import {
  type OperationStatusReply,
  type SessionHandle,
  structs,
  TOperationState,
  TStatusCode,
} from "../thrift/types.ts";
import type { OperationFailure } from "./operations.ts";
import { sessionKey } from "./thrift_call.ts";

/**
 * A reply to any method that only says that it failed. Every reply of the service begins with its
 * status, so the smallest kind does for all of them.
 */
export function errorStatus(envelope: Envelope, sqlState: string, message: string): Uint8Array {
  const status = new structs.TStatus({
    statusCode: TStatusCode.ERROR_STATUS,
    sqlState,
    errorMessage: message,
    infoMessages: [`*org.apache.hive.service.cli.HiveSQLException:${message}`],
  });
  return encodeReply(envelope, new structs.TCloseSessionResp({ status }));
}

/** What Databricks says about a session that it does not have, or not yet. */
export function sessionNotInitialized(envelope: Envelope, session: SessionHandle): Uint8Array {
  const hex = sessionKey(session);
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const message = `requirement failed: Session handle: SessionHandle [${id}] ` +
    "has not been initialized or had already closed.";
  return errorStatus(envelope, "08003", message);
}

/** An operation that waits for compute. */
export function pending(envelope: Envelope): Uint8Array {
  const reply = new structs.TGetOperationStatusResp({
    status: new structs.TStatus({ statusCode: TStatusCode.SUCCESS_STATUS }),
    operationState: TOperationState.PENDING_STATE,
  });
  return encodeReply(envelope, reply);
}

/** Turns the status of a harmless operation into that of a failed one. */
export function failed(reply: OperationStatusReply, failure: OperationFailure): void {
  const { errorClass, exception, message, sqlState, wording } = failure;
  const text = `[${errorClass}] ${message} SQLSTATE: ${sqlState}`;
  reply.operationState = TOperationState.ERROR_STATE;
  reply.sqlState = sqlState;
  reply.errorCode = 0;
  // worded as Spark's Thrift server words what really fails
  reply.errorMessage = "org.apache.hive.service.cli.HiveSQLException: Error running query: " +
    `[${errorClass}] ${exception}: ${text}\n\tat org.apache.spark.sql.hive.thriftserver.` +
    "HiveThriftServerErrors$.runningQueryError(HiveThriftServerErrors.scala:46)";
  reply.displayMessage = wording === "databricks" ? text : null;
  reply.hasResultSet = false;
}
