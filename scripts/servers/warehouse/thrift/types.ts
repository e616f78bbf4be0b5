/** The generated types of the driver's own Thrift service, as far as the gateway reads them. */
import types from "@databricks/sql/thrift/TCLIService_types.js";
import type { ThriftStruct } from "./messages.ts";

export interface HandleIdentifier {
  guid: Uint8Array;
  secret: Uint8Array;
}

export interface SessionHandle {
  sessionId: HandleIdentifier;
}

export interface OperationHandle {
  operationId: HandleIdentifier;
  operationType: number;
  hasResultSet: boolean;
}

export interface Status {
  statusCode: number;
  infoMessages?: string[] | null;
  sqlState?: string | null;
  errorCode?: number | null;
  errorMessage?: string | null;
}

export interface OpenSessionRequest extends ThriftStruct {
  client_protocol: number | null;
  client_protocol_i64: unknown;
  configuration: Record<string, string> | null;
  connectionProperties: Record<string, string> | null;
  initialNamespace: { catalogName?: string | null; schemaName?: string | null } | null;
}

export interface OpenSessionReply extends ThriftStruct {
  status: Status;
  serverProtocolVersion: number;
  sessionHandle: SessionHandle | null;
}

/** A parameter as the driver sends it: without type and value for NULL. */
export interface SparkParameter {
  ordinal?: number | null;
  name?: string | null;
  type?: string | null;
  value?: { stringValue?: string | null } | null;
}

export interface ExecuteStatementRequest extends ThriftStruct {
  sessionHandle: SessionHandle;
  statement: string;
  runAsync: boolean | null;
  parameters: SparkParameter[] | null;
}

export interface ExecuteStatementReply extends ThriftStruct {
  status: Status;
  operationHandle: OperationHandle | null;
}

/** Any request that names a session. */
export interface SessionRequest extends ThriftStruct {
  sessionHandle: SessionHandle;
}

/** Any request that names an operation. */
export interface OperationRequest extends ThriftStruct {
  operationHandle: OperationHandle;
}

export interface OperationStatusReply extends ThriftStruct {
  status: Status;
  operationState: number | null;
  sqlState: string | null;
  errorCode: number | null;
  errorMessage: string | null;
  displayMessage: string | null;
  hasResultSet: boolean | null;
}

export interface ColumnDescription {
  columnName: string;
  position: number;
}

export interface ResultSetMetadataReply extends ThriftStruct {
  status: Status;
  schema: { columns: ColumnDescription[] } | null;
  resultFormat: number | null;
}

/** A column of values; exactly one of its fields is set. */
export type Column = Record<string, { values: unknown[]; nulls: Uint8Array } | null>;

export interface FetchResultsRequest extends OperationRequest {
  orientation: number;
  maxRows: unknown;
}

export interface FetchResultsReply extends ThriftStruct {
  status: Status;
  results: { columns: Column[] | null } | null;
}

/** A reply of which only the status matters. */
export interface StatusReply extends ThriftStruct {
  status: Status;
}

type Constructor<T> = new (fields?: unknown) => T;

/** The structs by name. */
export const structs = types as unknown as {
  TStatus: Constructor<Status>;
  TOpenSessionReq: Constructor<OpenSessionRequest>;
  TOpenSessionResp: Constructor<OpenSessionReply>;
  TCloseSessionReq: Constructor<SessionRequest>;
  TCloseSessionResp: Constructor<StatusReply>;
  TExecuteStatementReq: Constructor<ExecuteStatementRequest>;
  TExecuteStatementResp: Constructor<ExecuteStatementReply>;
  TGetOperationStatusReq: Constructor<OperationRequest>;
  TGetOperationStatusResp: Constructor<OperationStatusReply>;
  TGetResultSetMetadataReq: Constructor<OperationRequest>;
  TGetResultSetMetadataResp: Constructor<ResultSetMetadataReply>;
  TFetchResultsReq: Constructor<FetchResultsRequest>;
  TFetchResultsResp: Constructor<FetchResultsReply>;
  TCloseOperationReq: Constructor<OperationRequest>;
  TCloseOperationResp: Constructor<StatusReply>;
};

/** The enumerations by name. */
export const { TOperationState, TStatusCode, TProtocolVersion, TSparkRowSetType } =
  types as unknown as {
    TOperationState: Record<
      "INITIALIZED_STATE" | "PENDING_STATE" | "RUNNING_STATE" | "ERROR_STATE",
      number
    >;
    TStatusCode: Record<"SUCCESS_STATUS" | "SUCCESS_WITH_INFO_STATUS" | "ERROR_STATUS", number>;
    TProtocolVersion: Record<
      "HIVE_CLI_SERVICE_PROTOCOL_V10" | "SPARK_CLI_SERVICE_PROTOCOL_V8",
      number
    >;
    TSparkRowSetType: Record<"COLUMN_BASED_SET", number>;
  };

/** A handle as text, to use as a key. */
export function handleKey(handle: HandleIdentifier): string {
  return new Uint8Array(handle.guid).toHex();
}
