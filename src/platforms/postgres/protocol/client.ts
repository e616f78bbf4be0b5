/**
 * A client of the server on one connection, which is opened once and never replaced. Once it is lost,
 * every statement under way fails, and every further one.
 *
 * Statements are sent at once, each with an end of its own (Sync), and the server responds in their order:
 * several that are sent without waiting share a round trip, and the failure of one leaves those that are not
 * joined to it.
 *
 * Source: PostgreSQL documentation, "55.2 Message Flow".
 */
import type { Socket } from "node:net";
import { AuthenticationExchange } from "./authentication_exchange.ts";
import {
  BACKEND,
  type Backend,
  ContentReader,
  PostgresError,
  readNotification,
  readReport,
  type ReportFields,
} from "./backend_messages.ts";
import type { ClientOptions, ExecuteOptions } from "./client_options.ts";
import { closed, closedEarly, notTheProtocol } from "./connection_fault.ts";
import { CopyStream } from "./copy_stream.ts";
import {
  copyFail,
  execute,
  fetchRows,
  openRows,
  type Parameter,
  query,
  startup,
  sync,
  terminate,
} from "./frontend_messages.ts";
import { MessageReader } from "./message_reader.ts";
import { type Content, Operation, type Result } from "./operation.ts";
import { OperationQueue } from "./operation_queue.ts";
import { type Message, Outbox } from "./outbox.ts";
import { type Prepared, PreparedStatements } from "./prepared_statements.ts";

/** How long a connection may take to say goodbye. */
const GOODBYE_MS = 1000;
/** What ReadyForQuery has outside of a transaction. */
const NO_TRANSACTION = "I".charCodeAt(0);

/** A connection to the server. */
export class Client {
  /** Called when the connection is lost or closed. */
  onLost: () => void = () => {};
  /** Called with the fields of a notice, which may hold values. */
  onNotice: (fields: ReportFields) => void = () => {};
  /** Called with the payload of each NOTIFY that the session listens to. */
  onNotification: (payload: string) => void = () => {};
  /** This side's port; undefined if it is not known. */
  readonly localPort: number | undefined;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #decodeOf: ClientOptions["decodeOf"];
  readonly #reader = new MessageReader();
  readonly #authentication: AuthenticationExchange;
  readonly #started = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  /** The server's settings, as far as it reports them. */
  readonly #settings = new Map<string, string>();
  readonly #prepared = new PreparedStatements();
  readonly #operations = new OperationQueue(this.#prepared);
  #backend: Backend = { pid: 0, secret: 0 };
  #isStarted = false;
  #isLost = false;

  private constructor(socket: Socket, options: ClientOptions) {
    this.localPort = socket.localPort;
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#decodeOf = options.decodeOf;
    this.#authentication = new AuthenticationExchange(options);
    this.#started.promise.catch(() => {});
    socket.on("data", (piece: Uint8Array) => this.#receive(piece));
    socket.on("error", (error) => this.#lose(error));
    socket.on("close", () => {
      this.#lose(this.#isStarted ? closed() : closedEarly());
      this.#closed.resolve();
    });
    const { user, database, parameters } = options;
    this.#outbox.send(startup({ user, database, client_encoding: "UTF8", ...parameters }));
  }

  /**
   * Begins a session on a socket that is connected, and encrypted if it is to be. Until it has begun, the
   * caller may destroy the socket. Throws what `checkMethod` throws, a `PostgresError`, the socket's error, or
   * a `ConnectionFault`.
   */
  static async start(socket: Socket, options: ClientOptions): Promise<Client> {
    const client = new Client(socket, options);
    await client.#started.promise;
    return client;
  }

  /** Whether the connection is lost or closed. */
  get lost(): boolean {
    return this.#isLost;
  }

  /** How the server identifies the connection. */
  get backend(): Backend {
    return this.#backend;
  }

  /** A setting that the server reports, such as `server_version`. */
  setting(name: string): string | undefined {
    return this.#settings.get(name);
  }

  /** Runs any number of statements without parameters. The result is that of the last. */
  query(text: string): Promise<Result> {
    this.#endGroup();
    return this.#send(new Operation(this.#decodeOf), query(text)).result;
  }

  /**
   * Runs one statement. The parameters are copied before this returns.
   */
  execute(text: string, parameters: readonly Parameter[], how: ExecuteOptions): Promise<Result> {
    const { prepared, name, messages } = this.#prepared.prepare(text, how.keeps);
    // it may be prepared, but have failed before it was described
    const encoding = { describes: prepared?.columns === undefined, syncs: !how.joinsNext };
    const operation = new Operation(this.#decodeOf, { prepared, joinsNext: how.joinsNext });
    return this.#send(operation, ...messages, execute(name, parameters, encoding)).result;
  }

  /**
   * Runs a COPY TO STDOUT, and gives its content. Nothing is read from the server while too much waits to be
   * taken. Throws as `query` does. If the caller stops early, the rest is dropped as it comes.
   */
  copyOut(text: string): Content {
    this.#endGroup();
    return this.#stream(undefined, query(text));
  }

  /**
   * The next rows of the statement opened last, as `copyOut` gives them, without a header. With `opened` it is
   * opened, until the transaction ends, and kept as by `execute`, which must not run it.
   */
  fetch(rows: number, opened: string | undefined, keeps: boolean): Content {
    if (opened === undefined) return this.#stream(undefined, fetchRows(rows));
    const { prepared, name, messages } = this.#prepared.prepare(opened, keeps);
    return this.#stream(prepared, ...messages, openRows(name), fetchRows(rows));
  }

  #stream(prepared: Prepared | undefined, ...messages: readonly Uint8Array[]): Content {
    const copy = new CopyStream(this.#socket, this.#outbox.buffers);
    const { result } = this.#send(new Operation(this.#decodeOf, { prepared, copy }), ...messages);
    return { content: copy.read(), result };
  }

  /** Closes the connection. Statements under way fail. Never throws. */
  async close(): Promise<void> {
    const isIdle = this.#operations.isEmpty && !this.#isLost;
    this.#lose(closed(), isIdle);
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    await this.#closed.promise;
    clearTimeout(timer);
  }

  #send(operation: Operation, ...messages: Message[]): Operation {
    if (this.#isLost) operation.fail(closed());
    else {
      this.#operations.add(operation);
      this.#outbox.send(...messages);
    }
    return operation;
  }

  /** A statement that cannot be joined to comes next. */
  #endGroup(): void {
    if (this.#operations.isOpen) this.#send(new Operation(this.#decodeOf), sync());
  }

  #receive(piece: Uint8Array): void {
    if (this.#isLost) return;
    try {
      this.#reader.read(piece, (type, bytes, start, end) => this.#take(type, bytes, start, end));
      this.#operations.first?.flush();
    } catch (error) {
      this.#lose(error);
    }
  }

  #take(type: number, bytes: Uint8Array, start: number, end: number): void {
    const operation = this.#operations.first;
    const isRow = type === BACKEND.dataRow && operation?.copy !== undefined;
    if (type === BACKEND.copyData || isRow) return operation?.piece(bytes, start, end);
    const content = new ContentReader(bytes, start, end);
    switch (type) {
      case BACKEND.readyForQuery:
        return this.#ready(bytes[start] === NO_TRANSACTION);
      case BACKEND.errorResponse:
        return this.#fail(new PostgresError(readReport(content)));
      case BACKEND.noticeResponse:
        return this.onNotice(readReport(content));
      case BACKEND.notificationResponse:
        return this.onNotification(readNotification(content));
      case BACKEND.parameterStatus:
        return void this.#settings.set(content.cstring(), content.cstring());
      case BACKEND.backendKeyData:
        return void (this.#backend = { pid: content.int32(), secret: content.int32() });
      case BACKEND.authentication:
        return this.#authenticate(content);
      case BACKEND.copyInResponse:
      case BACKEND.copyBothResponse:
        return void this.#outbox.send(copyFail());
      default:
        this.#operations.take(type, content);
    }
  }

  #authenticate(content: ContentReader): void {
    const response = this.#authentication.respond(content);
    if (response instanceof Uint8Array) this.#outbox.send(response);
    else response?.then((message) => this.#outbox.send(message)).catch((e) => this.#lose(e));
  }

  #ready(isOutside: boolean): void {
    if (isOutside) this.#outbox.buffers.clear();
    if (this.#isStarted) return this.#operations.end();
    if (!this.#authentication.isOver) throw notTheProtocol();
    this.#isStarted = true;
    this.#reader.allowAnyLength();
    this.#started.resolve();
  }

  #fail(error: PostgresError): void {
    if (!this.#isStarted) return this.#lose(error);
    this.#operations.fail(error);
    if (error.endsSession) this.#lose(error);
  }

  #lose(error: unknown, saysGoodbye = false): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#started.reject(error);
    this.#operations.failAll(error);
    if (saysGoodbye) this.#socket.end(terminate());
    else this.#socket.destroy();
    this.onLost();
  }
}
