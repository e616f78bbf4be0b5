/**
 * One connection, used for one run at a time.
 *
 * Postgres.js would reconnect by itself, and so could run the rest of a broken transaction outside
 * of it. Here each session is one reserved connection that is never replaced: once it is lost, every
 * statement under way fails, and every further one is refused.
 */
import type { Sql } from "postgres";
import { abortable, deadline } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import { type Backend, requestCancel } from "./cancel_request.ts";
import { type Link, makeLink } from "./driver_client.ts";
import type { PostgresSettings } from "./settings.ts";
import { fromDriver } from "./sql_states.ts";

type Query = ReturnType<Sql["unsafe"]>;

/** How the driver is told to prepare a statement, even one without parameters. */
const BY_NAME = { prepare: true, simple: false };

/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_TIMEOUT_MS = 3000;

/** How long the server may take to answer after a session idled; else it is taken for gone. */
const RESPONSE_TIMEOUT_MS = 2000;

/**
 * The parameters of a statement without any, that a session may well run again: on a small table it takes
 * longer to plan than to run.
 */
export const PREPARED: readonly string[] = [];

/** "current transaction is aborted, commands ignored until end of transaction block" */
const FAILED_TRANSACTION = "25P02";

/** What a statement gave: its rows as arrays of columns, and how many rows it touched. */
export interface StatementResult<Row extends readonly unknown[]> {
  readonly rows: Row[];
  readonly count: number;
  /** What the server says it did, such as `COMMIT`. */
  readonly command: string;
}

/** A connection to the database. */
export class Session {
  readonly #link: Link;
  readonly #connection: Sql;
  readonly #cancelIt: () => Promise<void>;
  /** The statements under way, first sent first, each with what fails it. */
  readonly #active = new Map<Query, (reason: unknown) => void>();
  /** The latest that was not a consequence of another. */
  #failure: ServiceError | undefined;
  #cancelled = false;
  #cut: ReturnType<typeof setTimeout> | undefined;

  private constructor(link: Link, connection: Sql, cancelIt: () => Promise<void>) {
    this.#link = link;
    this.#connection = connection;
    this.#cancelIt = cancelIt;
  }

  /** Connects. Throws `database_unreachable`. `onLost` is called once the connection is gone. */
  static async open(
    settings: PostgresSettings,
    signal: AbortSignal,
    onLost: (session: Session) => void,
  ): Promise<Session> {
    try {
      return await deadline((signal) => Session.#connect(settings, signal, onLost), {
        limitMs: 1000 * settings.connectTimeoutSeconds,
        reason: () => noAnswer(settings),
        signal,
      });
    } catch (error) {
      throw notVerified(error, settings) ?? fromDriver(error, "connect to Postgres");
    }
  }

  static async #connect(
    settings: PostgresSettings,
    signal: AbortSignal,
    onLost: (session: Session) => void,
  ): Promise<Session> {
    const link = await makeLink(settings, signal);
    try {
      const { connection, backend } = await connect(link, signal);
      const cancelIt = () => requestCancel(settings, backend, link.ended);
      const session = new Session(link, connection, cancelIt);
      link.onLost = () => {
        session.#failAll();
        onLost(session);
      };
      return session;
    } catch (error) {
      void link.end();
      throw error;
    }
  }

  /** Whether the connection is gone. */
  get lost(): boolean {
    return this.#link.lost;
  }

  /**
   * Whether another run may have it. Not after a `cancel()`: the request travels by itself, and may
   * arrive late enough to hit the next run's statement.
   */
  get reusable(): boolean {
    return !this.lost && !this.#cancelled;
  }

  /**
   * Sends a statement. It goes out at once, so several sent without waiting share a round trip.
   * With parameters it is prepared once a connection. Throws a `ServiceError` about `action`.
   */
  async query<Row extends readonly unknown[] = unknown[]>(
    action: string,
    text: string,
    parameters?: readonly (string | null)[],
  ): Promise<StatementResult<Row>> {
    if (this.lost) throw connectionLost(action);
    const query = parameters === undefined
      ? this.#connection.unsafe(text)
      : this.#connection.unsafe(text, [...parameters], BY_NAME);
    // the driver forgets statements that wait for others when their connection is lost
    const answer = Promise.withResolvers<Awaited<ReturnType<Query["values"]>>>();
    query.values().execute().then(answer.resolve, answer.reject);
    this.#active.set(query, answer.reject);
    try {
      const rows = await answer.promise;
      return { rows: rows as unknown as Row[], count: rows.count ?? 0, command: rows.command };
    } catch (error) {
      throw this.lost ? connectionLost(action) : this.#causeOf(fromDriver(error, action));
    } finally {
      this.#active.delete(query);
      clearTimeout(this.#cut);
    }
  }

  /** What failed the transaction, where the server refuses a statement for that reason alone. */
  #causeOf(error: ServiceError): ServiceError {
    if (error.facts.sqlState !== FAILED_TRANSACTION) this.#failure = error;
    return this.#failure ?? error;
  }

  /** Asks whether the connection still works. Where it doesn't, it is closed. */
  async answers(): Promise<boolean> {
    try {
      await deadline(() => this.query("ask Postgres", "SELECT 1"), {
        limitMs: RESPONSE_TIMEOUT_MS,
      });
      return true;
    } catch {
      void this.close();
      return false;
    }
  }

  /** Ends the statement under way; if the server does not answer soon, cuts the connection. */
  cancel(): void {
    if (this.#active.size === 0) return;
    this.#cancelled = true;
    this.#cut = setTimeout(() => void this.close(), CANCEL_TIMEOUT_MS);
    this.#cancelIt().catch(() => {}); // then the connection is cut
  }

  /** Closes the connection; what was not committed is rolled back by the server. */
  async close(): Promise<void> {
    const ended = this.#link.end();
    this.#failAll();
    await ended;
  }

  #failAll(): void {
    for (const fail of this.#active.values()) fail(undefined);
  }
}

async function connect(
  { client }: Link,
  signal: AbortSignal,
): Promise<{ connection: Sql; backend: Backend }> {
  // without types to fetch, reserve() waits for ever on a connection that is not open yet
  const { state } = await abortable(client.unsafe("SELECT 1"), signal);
  return { connection: await abortable(client.reserve(), signal), backend: state };
}

/** The failure of a connection that broke off, which an unverified certificate does without a code. */
function notVerified(thrown: unknown, { sslMode }: PostgresSettings): ServiceError | undefined {
  const { name, code } = thrown as { name?: unknown; code?: unknown };
  const isOther = thrown instanceof ServiceError || name === "PostgresError" ||
    (typeof code === "string" && /^E[A-Z]+$/.test(code));
  if (isOther || !sslMode.startsWith("verify-")) return undefined;
  const forHost = sslMode === "verify-full" ? " for this host" : "";
  return new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: sslmode=${sslMode} needs a certificate${forHost}, signed by ` +
      "one that sslrootcert names or the system trusts",
    { cause: "TLS" },
  );
}

function noAnswer({ connectTimeoutSeconds }: PostgresSettings): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: no answer within ${connectTimeoutSeconds} s`,
  );
}

function connectionLost(action: string): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot ${action}: the connection to Postgres was lost`,
    { cause: "CONNECTION_LOST" },
  );
}
