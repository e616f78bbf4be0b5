/**
 * Passes calls on to Spark, and changes what Databricks and Spark do differently. The changes were
 * found by comparing the bytes; ../README.md lists them.
 */
import {
  callSpark,
  closeSparkSession,
  executeOnSpark,
  postToSpark,
  SparkStatementError,
} from "../spark/session.ts";
import { decodeReply, encodeReply, encodeRequest } from "../thrift/messages.ts";
import {
  type OpenSessionRequest,
  type OperationHandle,
  type SessionHandle,
  structs,
  TOperationState,
  TProtocolVersion,
  TSparkRowSetType,
} from "../thrift/types.ts";
import type { KnownHandles, OperationFailure } from "./operations.ts";
import { inSparksWords } from "./dialect.ts";
import { executeImmediate, identifier } from "./parameters.ts";
import { exceededLimit } from "./limits.ts";
import { errorStatus, failed } from "./replies.ts";
import { operationKey, type ThriftCall } from "./thrift_call.ts";

const POLL_INTERVAL_MS = 50;

/** Spark, as the gateway sees it. */
export class SparkBackend {
  constructor(private readonly url: string, private readonly known: KnownHandles) {}

  /**
   * Spark's reply to a call. With `failure`, the statement does not run and fails with it; `instead` is
   * run in its place.
   */
  async forward(
    call: ThriftCall,
    failure?: OperationFailure,
    instead?: string,
  ): Promise<Uint8Array> {
    if (call.openSession) return await this.openSession(call, call.openSession);
    if (call.execute) return await this.execute(call, failure, instead);
    const reply = await postToSpark(this.url, call.message);
    switch (call.envelope.method) {
      case "GetResultSetMetadata":
        return describeColumnsForDriver(call, reply);
      case "GetOperationStatus":
        return this.operationStatus(call, reply);
      default:
        return reply;
    }
  }

  /** Closes a session behind its client's back. */
  async dropSession(session: SessionHandle): Promise<void> {
    await closeSparkSession(this.url, session).catch((error) => {
      if (!(error instanceof SparkStatementError)) throw error;
    });
  }

  /** Resolves when the operation that this reply is about has ended, in success or failure. */
  async settled(reply: Uint8Array): Promise<void> {
    const started = decodeReply(reply, () => new structs.TExecuteStatementResp());
    const { operationHandle } = started;
    if (!operationHandle) return;
    while (await this.isRunning(operationHandle)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  }

  private async isRunning(operationHandle: OperationHandle): Promise<boolean> {
    const { operationState } = await callSpark(
      this.url,
      "GetOperationStatus",
      new structs.TGetOperationStatusReq({ operationHandle }),
      () => new structs.TGetOperationStatusResp(),
    );
    return operationState === TOperationState.INITIALIZED_STATE ||
      operationState === TOperationState.PENDING_STATE ||
      operationState === TOperationState.RUNNING_STATE;
  }

  private async openSession(call: ThriftCall, request: OpenSessionRequest): Promise<Uint8Array> {
    const namespace = request.initialNamespace;
    request.client_protocol = TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V10;
    request.client_protocol_i64 = null;
    request.configuration = null;
    request.connectionProperties = null;
    request.initialNamespace = null;
    const response = await postToSpark(this.url, encodeRequest(call.envelope, request));
    const reply = decodeReply(response, () => new structs.TOpenSessionResp());
    // the driver sends parameters only from this version on
    reply.serverProtocolVersion = TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8;
    const session = reply.sessionHandle;
    if (session && namespace) {
      try {
        await this.use(session, namespace.catalogName, namespace.schemaName);
      } catch (error) {
        if (!(error instanceof SparkStatementError)) throw error;
        await this.dropSession(session);
        return errorStatus(call.envelope, error.sqlState ?? "HY000", error.message);
      }
    }
    return encodeReply(call.envelope, reply);
  }

  /** Spark does not know initial namespaces, but has statements for the same purpose. */
  private async use(
    session: SessionHandle,
    catalog: string | null | undefined,
    schema: string | null | undefined,
  ): Promise<void> {
    if (catalog) await executeOnSpark(this.url, session, `SET CATALOG ${identifier(catalog)}`);
    if (schema) await executeOnSpark(this.url, session, `USE ${identifier(schema)}`);
  }

  private async execute(
    call: ThriftCall,
    failure?: OperationFailure,
    instead?: string,
  ): Promise<Uint8Array> {
    const request = call.execute;
    if (!request) throw new Error("Cannot run the statement: the call holds none");
    const { statement, parameters, sessionHandle } = request;
    const excess = exceededLimit(statement, parameters ?? []);
    if (excess) return errorStatus(call.envelope, "54000", excess);
    const sent = new structs.TExecuteStatementReq({ ...request });
    sent.parameters = null;
    sent.statement = parameters && parameters.length > 0
      ? executeImmediate(statement, parameters)
      : inSparksWords(statement);
    if (instead !== undefined) sent.statement = instead;
    if (failure) sent.statement = "SELECT 1";
    const response = await postToSpark(this.url, encodeRequest(call.envelope, sent));
    const reply = decodeReply(response, () => new structs.TExecuteStatementResp());
    if (reply.operationHandle) {
      const operation = { statement, session: sessionHandle, failure };
      this.known.operations.set(operationKey(reply.operationHandle), operation);
    }
    return response;
  }

  private operationStatus(call: ThriftCall, response: Uint8Array): Uint8Array {
    const key = call.operation && operationKey(call.operation);
    const failure = key && this.known.operations.get(key)?.failure;
    if (!failure) return response;
    const reply = decodeReply(response, () => new structs.TGetOperationStatusResp());
    failed(reply, failure);
    return encodeReply(call.envelope, reply);
  }
}

/** Spark counts columns from 0 and names no format; the driver counts from 1 and wants one. */
function describeColumnsForDriver(call: ThriftCall, response: Uint8Array): Uint8Array {
  const reply = decodeReply(response, () => new structs.TGetResultSetMetadataResp());
  reply.resultFormat = TSparkRowSetType.COLUMN_BASED_SET;
  for (const column of reply.schema?.columns ?? []) column.position += 1;
  return encodeReply(call.envelope, reply);
}
