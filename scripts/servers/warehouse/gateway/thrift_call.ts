/** A Thrift request, as far as the gateway needs it: method, session, operation, statement. */
import { decodeRequest, type Envelope, peekEnvelope } from "../thrift/messages.ts";
import {
  type ExecuteStatementRequest,
  handleKey,
  type OpenSessionRequest,
  type OperationHandle,
  type SessionHandle,
  structs,
} from "../thrift/types.ts";

/** The methods whose request names an operation; all others but OpenSession name a session. */
const OPERATION_METHODS = new Set([
  "GetOperationStatus",
  "CancelOperation",
  "CloseOperation",
  "GetResultSetMetadata",
  "FetchResults",
]);

export interface ThriftCall {
  readonly envelope: Envelope;
  readonly message: Uint8Array;
  readonly openSession?: OpenSessionRequest;
  readonly execute?: ExecuteStatementRequest;
  readonly session?: SessionHandle;
  readonly operation?: OperationHandle;
}

export function readCall(message: Uint8Array): ThriftCall {
  const envelope = peekEnvelope(message);
  const { method } = envelope;
  if (method === "OpenSession") {
    const openSession = decodeRequest(message, () => new structs.TOpenSessionReq());
    return { envelope, message, openSession };
  }
  if (method === "ExecuteStatement") {
    const execute = decodeRequest(message, () => new structs.TExecuteStatementReq());
    return { envelope, message, execute, session: execute.sessionHandle };
  }
  if (OPERATION_METHODS.has(method)) {
    // the handle is the first field of each of these requests, so one struct reads them all
    const request = decodeRequest(message, () => new structs.TGetOperationStatusReq());
    return { envelope, message, operation: request.operationHandle };
  }
  const request = decodeRequest(message, () => new structs.TCloseSessionReq());
  return { envelope, message, session: request.sessionHandle };
}

/** The handle as a record's and a map's key. */
export function sessionKey(handle: SessionHandle): string {
  return handleKey(handle.sessionId);
}

/** The handle as a record's and a map's key. */
export function operationKey(handle: OperationHandle): string {
  return handleKey(handle.operationId);
}
