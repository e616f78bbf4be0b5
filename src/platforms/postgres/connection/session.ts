/** One connection, used by one run at a time. */
import { deadline } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { Warning } from "../../warnings.ts";
import { PostgresError } from "../protocol/backend_messages.ts";
import type { Client } from "../protocol/client.ts";
import type { Parameter } from "../protocol/frontend_messages.ts";
import type { Content, Result } from "../protocol/operation.ts";
import { requestCancel } from "./cancel_request.ts";
import { certificateRefusal } from "./certificate_refusal.ts";
import { connectionLost, noResponse } from "./connection_failures.ts";
import { identifyServer, type ServerProcess } from "./identify_server.ts";
import { openClient } from "./open_client.ts";
import { checkServerVersion } from "./server_version.ts";
import { warningOf } from "./server_warnings.ts";
import type { ServerSettings } from "./settings.ts";
import { fromClient } from "./sql_states.ts";
import { decodeOf } from "./types.ts";

/** How long a cancelled statement may take to end before its connection is closed. */
const CANCEL_TIMEOUT_MS = 3000;

/** The parameters of a statement without any that is to be prepared: planning may take longer than running. */
export const PREPARED: readonly string[] = [];

/** What ends a transaction without its effects. */
export const ROLLBACK = "ROLLBACK";

/** The SQLSTATE of "current transaction is aborted, commands ignored until end of transaction block". */
const FAILED_TRANSACTION = "25P02";

/** The result of a statement. */
export type StatementResult<Row> = Pick<Result, "count" | "command"> & { readonly rows: Row[] };

/** A connection to the database. */
export class Session {
  /** The server's process. */
  readonly pid: number;
  /** Called when the server warns. */
  onWarning: (warning: Warning) => void = () => {};
  /** Called with the payload of each NOTIFY that the session listens to. */
  onNotification: (payload: string) => void = () => {};
  /**
   * Whether a connection pooler is in between: then each transaction may run on another server connection,
   * so nothing is prepared by name, and there is no state of a session to reset.
   */
  readonly isPooled: boolean;
  /** Whether the server sees another port than this side's own: a pooler, proxy or gateway is in between. */
  readonly isRelayed: boolean;
  /** How it is connected. */
  readonly settings: ServerSettings;
  /** What tells its server from any other. */
  readonly server: string;
  /** The reset that was sent last; undefined if anything was sent after it. */
  resetting: Promise<void> | undefined;
  readonly #client: Client;
  readonly #requestCancel: (signal: AbortSignal) => Promise<void>;
  /** Aborted when the session is closed. */
  readonly #ended = new AbortController();
  /** How many statements are under way. */
  #active = 0;
  /** The transaction's latest failure that was not the consequence of another. */
  #failure: ServiceError | undefined;
  #retired = false;
  #isCancelled = false;
  #closing: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    client: Client,
    settings: ServerSettings,
    { pid, server, clientPort }: ServerProcess,
  ) {
    this.pid = pid;
    this.server = server;
    this.settings = settings;
    // a pooler identifies the connection to itself, not that of a server
    this.isPooled = pid !== client.backend.pid;
    this.isRelayed = clientPort !== client.localPort;
    this.#client = client;
    this.#requestCancel = (signal) => requestCancel(settings, client.backend, signal);
  }

  /**
   * Connects. `onLost` is called when the connection is lost. Throws `database_unreachable`, or
   * `database_error` if the server is too old.
   */
  static async open(
    settings: ServerSettings,
    signal: AbortSignal,
    onLost: (session: Session) => void,
  ): Promise<Session> {
    try {
      return await deadline((signal) => Session.#connect(settings, signal, onLost), {
        limitMs: 1000 * settings.connectTimeoutSeconds,
        reason: () => noResponse(settings),
        signal,
      });
    } catch (error) {
      throw certificateRefusal(error, settings) ?? fromClient(error, "connect to Postgres");
    }
  }

  static async #connect(
    settings: ServerSettings,
    signal: AbortSignal,
    onLost: (session: Session) => void,
  ): Promise<Session> {
    const client = await openClient(settings, signal, decodeOf);
    const abort = () => void client.close();
    signal.addEventListener("abort", abort, { once: true });
    try {
      checkServerVersion(client.setting("server_version") ?? "");
      const session = new Session(client, settings, await identifyServer(client));
      client.onNotice = (fields) => {
        const warning = warningOf(fields);
        if (warning !== undefined) session.onWarning(warning);
      };
      client.onNotification = (payload) => session.onNotification(payload);
      client.onLost = () => onLost(session);
      return session;
    } catch (error) {
      void client.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Whether the connection is lost or closed. */
  get lost(): boolean {
    return this.#client.lost;
  }

  /**
   * Whether another run may use it. Not after a `cancel()`: the request travels over another connection,
   * and may arrive late enough to hit the next run's statement.
   */
  get reusable(): boolean {
    return !this.lost && !this.#retired;
  }

  /** Has the connection closed after this run, since code of others may have left something in it. */
  retire(): void {
    this.#retired = true;
  }

  /**
   * Sends a statement. It goes out at once, so several that are sent without waiting share a round trip.
   * With parameters it is prepared, once a connection. A parameter is a text, or in the binary format of its
   * type; it is copied before this returns. With `joinsNext`, which needs parameters, the server skips the next
   * statement if this one fails. Throws a `ServiceError` that says that `action` failed.
   */
  async query<Row extends readonly unknown[] = unknown[]>(
    action: string,
    text: string,
    parameters?: readonly Parameter[],
    { joinsNext = false } = {},
  ): Promise<StatementResult<Row>> {
    this.#refuseAfterCancel(action, text);
    this.#active++;
    this.resetting = undefined;
    try {
      const { rows, count, command } = parameters === undefined
        ? await this.#client.query(text)
        : await this.#client.execute(text, parameters, { keeps: !this.isPooled, joinsNext });
      if (command === "COMMIT" || command === "ROLLBACK") this.#failure = undefined;
      return { rows: rows as unknown[] as Row[], count, command };
    } catch (error) {
      throw this.#failed(error, action);
    } finally {
      this.#done();
    }
  }

  /**
   * Runs a COPY TO STDOUT, and gives its content in pieces, each valid until the next is asked for: rows may
   * begin and end anywhere in them. It is sent with the first `next`. While the caller is busy with a piece,
   * little more is read. A caller that stops early has the statement cancelled. Throws as `query` does.
   */
  copyOut(action: string, text: string): AsyncGenerator<Uint8Array, void> {
    return this.#stream(action, () => this.#client.copyOut(text));
  }

  /**
   * The next rows of the statement that was opened last, as those of a binary COPY and without its header,
   * likewise. With `opened` it is opened, until the transaction ends, and prepared.
   */
  fetch(action: string, rows: number, opened?: string): AsyncGenerator<Uint8Array, void> {
    return this.#stream(action, () => this.#client.fetch(rows, opened, !this.isPooled));
  }

  async *#stream(action: string, start: () => Content): AsyncGenerator<Uint8Array, void> {
    this.#refuseAfterCancel(action);
    this.#active++;
    this.resetting = undefined;
    const { content, result } = start();
    // at once, since statements that fail because of it fail before the caller gets there
    void result.catch((error) => this.#failed(error, action)).finally(() => this.#done());
    let hasEnded = false;
    try {
      yield* content;
      hasEnded = true;
    } catch (error) {
      hasEnded = true;
      throw this.#failed(error, action);
    } finally {
      if (!hasEnded) this.cancel();
    }
  }

  #done(): void {
    this.#active--;
    if (this.#active === 0 && this.#closing !== undefined) clearTimeout(this.#closing);
  }

  /** What made the transaction fail, if the server refuses a statement only because it has failed. */
  #failed(error: unknown, action: string): ServiceError {
    if (this.lost && !(error instanceof PostgresError)) return connectionLost(action);
    const failure = fromClient(error, action);
    if (failure.facts.sqlState !== FAILED_TRANSACTION) this.#failure = failure;
    return this.#failure ?? failure;
  }

  /**
   * Cancels the statements under way; if they do not all end soon, closes the connection. From then on only a
   * ROLLBACK is sent: the request may also find no statement, and the next one would not be cancelled.
   */
  cancel(): void {
    this.#retired = true;
    this.#isCancelled = true;
    if (this.#active === 0) return;
    clearTimeout(this.#closing);
    this.#closing = setTimeout(() => void this.close(), CANCEL_TIMEOUT_MS);
    // if it fails, the timer closes the connection
    this.#requestCancel(this.#ended.signal).catch(() => {});
  }

  #refuseAfterCancel(action: string, text?: string): void {
    if (!this.#isCancelled || text === ROLLBACK) return;
    throw this.#failure ??
      new ServiceError("database_error", `Cannot ${action}: what came before was cancelled`);
  }

  /** Closes the connection. The server rolls back what was not committed. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#client.close();
  }
}
