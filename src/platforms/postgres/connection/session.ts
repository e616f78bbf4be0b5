/**
 * One connection, used by one run at a time.
 *
 * Postgres.js reconnects automatically, and so could run the rest of a broken transaction outside of it.
 * Here each session is one reserved connection that is never replaced: once it is lost, every statement
 * under way fails, and every further one is refused.
 */
import type { Sql } from "postgres";
import { abortable, deadline } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { Warning } from "../../warnings.ts";
import { type Backend, requestCancel } from "./cancel_request.ts";
import { certificateRefusal } from "./certificate_refusal.ts";
import { type DriverClient, makeDriverClient } from "./driver_client.ts";
import { checkServerVersion } from "./server_version.ts";
import { warningOf } from "./server_warnings.ts";
import type { ServerSettings } from "./settings.ts";
import { fromDriver } from "./sql_states.ts";

type Query = ReturnType<Sql["unsafe"]>;

/** How long a cancelled statement may take to end before its connection is closed. */
const CANCEL_TIMEOUT_MS = 3000;

/** How long an idle session may take to respond before it counts as lost. */
const RESPONSE_TIMEOUT_MS = 2000;

/**
 * The parameters of a statement that has none, but is to be prepared: a session may run it again, and on
 * a small table planning takes longer than running.
 */
export const PREPARED: readonly string[] = [];

/** The SQLSTATE of "current transaction is aborted, commands ignored until end of transaction block". */
const FAILED_TRANSACTION = "25P02";

/** The result of a statement. */
export interface StatementResult<Row extends readonly unknown[]> {
  /** Each row as an array of its columns. */
  readonly rows: Row[];
  /** How many rows it returned or changed. */
  readonly count: number;
  /** What the server reports to have done, such as `COMMIT`. */
  readonly command: string;
}

/** A connection to the database. */
export class Session {
  /** The server's process. */
  readonly pid: number;
  /** Called when the server warns. */
  onWarning: (warning: Warning) => void = () => {};
  readonly #client: DriverClient;
  /**
   * Whether a connection pooler is in between: then each transaction may run on another server connection,
   * so nothing is prepared by name, and there is no state of a session to reset.
   */
  readonly isPooled: boolean;
  readonly #connection: Sql;
  readonly #requestCancel: () => Promise<void>;
  /** The statements under way, in the order in which they were sent, each with what makes it fail. */
  readonly #active = new Map<Query, (reason: unknown) => void>();
  /** The transaction's latest failure that was not the consequence of another. */
  #failure: ServiceError | undefined;
  #retired = false;
  #closing: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    client: DriverClient,
    { connection, backend: { pid }, isPooled }: Connected,
    requestCancel: () => Promise<void>,
  ) {
    this.pid = pid;
    this.isPooled = isPooled;
    this.#client = client;
    this.#connection = connection;
    this.#requestCancel = requestCancel;
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
      throw certificateRefusal(error, settings) ?? fromDriver(error, "connect to Postgres");
    }
  }

  static async #connect(
    settings: ServerSettings,
    signal: AbortSignal,
    onLost: (session: Session) => void,
  ): Promise<Session> {
    const client = await makeDriverClient(settings, signal);
    try {
      const connected = await connect(client, signal);
      const cancel = () => requestCancel(settings, connected.backend, client.ended);
      const session = new Session(client, connected, cancel);
      client.onNotice = (fields) => {
        const warning = warningOf(fields);
        if (warning !== undefined) session.onWarning(warning);
      };
      client.onLost = () => {
        session.#failAll();
        onLost(session);
      };
      return session;
    } catch (error) {
      void client.end();
      throw error;
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
   * With parameters it is prepared, once a connection. Throws a `ServiceError` that says that `action`
   * failed.
   */
  async query<Row extends readonly unknown[] = unknown[]>(
    action: string,
    text: string,
    parameters?: readonly (string | null)[],
  ): Promise<StatementResult<Row>> {
    if (this.lost) throw connectionLost(action);
    const options = { prepare: !this.isPooled, simple: false }; // even without parameters
    const query = parameters === undefined
      ? this.#connection.unsafe(text)
      : this.#connection.unsafe(text, [...parameters], options);
    // when the connection is lost, the driver never settles statements that wait behind others
    const response = Promise.withResolvers<Awaited<ReturnType<Query["values"]>>>();
    query.values().execute().then(response.resolve, response.reject);
    this.#active.set(query, response.reject);
    try {
      const rows = await response.promise;
      if (/^(COMMIT|ROLLBACK)$/.test(rows.command)) this.#failure = undefined;
      return { rows: rows as unknown as Row[], count: rows.count ?? 0, command: rows.command };
    } catch (error) {
      throw this.lost ? connectionLost(action) : this.#causeOf(fromDriver(error, action));
    } finally {
      this.#active.delete(query);
      clearTimeout(this.#closing);
    }
  }

  /** What made the transaction fail, if the server refuses a statement only because it has failed. */
  #causeOf(error: ServiceError): ServiceError {
    if (error.facts.sqlState !== FAILED_TRANSACTION) this.#failure = error;
    return this.#failure ?? error;
  }

  /** Whether the connection still works. If it does not, it is closed. */
  async responds(): Promise<boolean> {
    try {
      await deadline(() => this.query("query Postgres", "SELECT 1"), {
        limitMs: RESPONSE_TIMEOUT_MS,
      });
      return true;
    } catch {
      void this.close();
      return false;
    }
  }

  /** Cancels the statement under way; if it does not end soon, closes the connection. */
  cancel(): void {
    if (this.#active.size === 0) return;
    this.#retired = true;
    this.#closing = setTimeout(() => void this.close(), CANCEL_TIMEOUT_MS);
    this.#requestCancel().catch(() => {}); // then the timer closes the connection
  }

  /** Closes the connection. The server rolls back what was not committed. */
  async close(): Promise<void> {
    const ended = this.#client.end();
    this.#failAll();
    await ended;
  }

  #failAll(): void {
    for (const fail of this.#active.values()) fail(undefined);
  }
}

interface Connected {
  readonly connection: Sql;
  readonly backend: Backend;
  readonly isPooled: boolean;
}

async function connect({ sql }: DriverClient, signal: AbortSignal): Promise<Connected> {
  // since fetch_types is off, reserve() alone would never open the connection
  const connected = await abortable(
    sql.unsafe("SELECT pg_catalog.pg_backend_pid() AS pid"),
    signal,
  );
  checkServerVersion(String(sql.parameters.server_version));
  const { state: backend, 0: server } = connected;
  // a pooler identifies the connection to itself, not that of a server
  const isPooled = server!.pid !== backend.pid;
  return { connection: await abortable(sql.reserve(), signal), backend, isPooled };
}

function noResponse({ connectTimeoutSeconds }: ServerSettings): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: no response within ${connectTimeoutSeconds} s`,
  );
}

function connectionLost(action: string): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot ${action}: the connection to Postgres was lost`,
    { cause: "CONNECTION_LOST" },
  );
}
