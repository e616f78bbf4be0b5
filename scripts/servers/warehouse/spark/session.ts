/**
 * A session with Spark's Thrift server itself, past the gateway: to see when it is ready, to set tests
 * up and to check their results. Nothing is recorded or made to fail here.
 */
import {
  decodeReply,
  encodeRequest,
  type Envelope,
  type ThriftStruct,
} from "../thrift/messages.ts";
import {
  type Column,
  type OperationHandle,
  type SessionHandle,
  type Status,
  structs,
  TProtocolVersion,
  TStatusCode,
} from "../thrift/types.ts";

/** A row by column name; integers too large for a number are texts. */
export type Row = Record<string, unknown>;

/** Spark listens on loopback only and accepts any name and password. */
export const SPARK_AUTHORIZATION = `Basic ${btoa("anonymous:anonymous")}`;

const FETCH_NEXT = 0;
const ROWS_A_FETCH = 10_000;

/** Spark refused a statement; the message is Spark's own and may hold values. */
export class SparkStatementError extends Error {
  override readonly name = "SparkStatementError";

  readonly sqlState: string | null;

  constructor(status: Status) {
    super(status.errorMessage ?? status.infoMessages?.[0] ?? `status ${status.statusCode}`);
    this.sqlState = status.sqlState ?? null;
  }
}

function assertSuccess(status: Status): void {
  const { SUCCESS_STATUS, SUCCESS_WITH_INFO_STATUS } = TStatusCode;
  if (status.statusCode === SUCCESS_STATUS) return;
  if (status.statusCode === SUCCESS_WITH_INFO_STATUS) return;
  throw new SparkStatementError(status);
}

/** Posts one Thrift message to Spark and returns its reply. */
export async function postToSpark(
  url: string,
  message: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: SPARK_AUTHORIZATION, "content-type": "application/x-thrift" },
    body: message as Uint8Array<ArrayBuffer>,
    signal,
  });
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) {
    throw new Error(`Cannot reach Spark: HTTP ${response.status}`);
  }
  return body;
}

/** Calls one method of Spark's Thrift service. */
export async function callSpark<T extends ThriftStruct & { status: Status }>(
  url: string,
  method: string,
  request: ThriftStruct,
  makeReply: () => T,
): Promise<T> {
  const envelope: Envelope = { method, kind: 1, sequence: 0 };
  const reply = decodeReply(await postToSpark(url, encodeRequest(envelope, request)), makeReply);
  assertSuccess(reply.status);
  return reply;
}

/** Closes a session by its handle. */
export async function closeSparkSession(url: string, sessionHandle: SessionHandle): Promise<void> {
  const request = new structs.TCloseSessionReq({ sessionHandle });
  await callSpark(url, "CloseSession", request, () => new structs.TCloseSessionResp());
}

/** Runs a statement to its end and returns its operation. */
export async function executeOnSpark(
  url: string,
  sessionHandle: SessionHandle,
  statement: string,
): Promise<OperationHandle> {
  const request = new structs.TExecuteStatementReq({ sessionHandle, statement, runAsync: false });
  const reply = await callSpark(
    url,
    "ExecuteStatement",
    request,
    () => new structs.TExecuteStatementResp(),
  );
  if (!reply.operationHandle) throw new Error("Cannot run the statement: Spark named no operation");
  return reply.operationHandle;
}

/** One session with Spark; statements run one after the other, to their end. */
export class SparkSession implements AsyncDisposable {
  private constructor(private readonly url: string, private readonly handle: SessionHandle) {}

  static async open(url: string): Promise<SparkSession> {
    const request = new structs.TOpenSessionReq({
      client_protocol: TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V10,
    });
    const reply = await callSpark(
      url,
      "OpenSession",
      request,
      () => new structs.TOpenSessionResp(),
    );
    if (!reply.sessionHandle) throw new Error("Cannot open a session: Spark named none");
    return new SparkSession(url, reply.sessionHandle);
  }

  async run(statement: string): Promise<Row[]> {
    const operationHandle = await executeOnSpark(this.url, this.handle, statement);
    try {
      return operationHandle.hasResultSet ? await this.fetchAll(operationHandle) : [];
    } finally {
      const request = new structs.TCloseOperationReq({ operationHandle });
      const makeReply = () => new structs.TCloseOperationResp();
      await callSpark(this.url, "CloseOperation", request, makeReply);
    }
  }

  private async fetchAll(operationHandle: OperationHandle): Promise<Row[]> {
    const metadata = await callSpark(
      this.url,
      "GetResultSetMetadata",
      new structs.TGetResultSetMetadataReq({ operationHandle }),
      () => new structs.TGetResultSetMetadataResp(),
    );
    const names = metadata.schema?.columns.map((column) => column.columnName) ?? [];
    const rows: Row[] = [];
    for (;;) {
      const reply = await callSpark(
        this.url,
        "FetchResults",
        new structs.TFetchResultsReq({
          operationHandle,
          orientation: FETCH_NEXT,
          maxRows: ROWS_A_FETCH,
        }),
        () => new structs.TFetchResultsResp(),
      );
      const fetched = toRows(names, reply.results?.columns ?? []);
      if (fetched.length === 0) return rows;
      rows.push(...fetched);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeSparkSession(this.url, this.handle);
  }
}

function toRows(names: readonly string[], columns: readonly Column[]): Row[] {
  const decoded = columns.map(columnValues);
  const count = decoded[0]?.length ?? 0;
  return Array.from(
    { length: count },
    (_, row) => Object.fromEntries(names.map((name, index) => [name, decoded[index]?.[row]])),
  );
}

function columnValues(column: Column): unknown[] {
  const filled = Object.values(column).find((candidate) => candidate?.values);
  if (!filled) return [];
  return filled.values.map((value, row) => isNull(filled.nulls, row) ? null : plain(value));
}

function isNull(nulls: Uint8Array, row: number): boolean {
  return ((nulls[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
}

/** The generated code holds 64-bit integers as objects. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("toNumber" in value)) return value;
  const number = (value as { toNumber(): number }).toNumber();
  return Number.isSafeInteger(number) ? number : String(value);
}
