/**
 * The statements of the history, on one connection that is opened when it is needed. Each is a
 * transaction of its own, so any number of callers share the connection without waiting for each other's
 * responses; and behind a pooler in transaction mode each may run on another one.
 */
import { deadline } from "../async.ts";
import { ServiceError } from "../errors.ts";
import { Connector } from "../platforms/postgres/connection/connector.ts";
import type { Session } from "../platforms/postgres/connection/session.ts";
import type { PostgresSettings } from "../platforms/postgres/connection/settings.ts";
import { historyError } from "./history_error.ts";

/** How long a statement may take: all of them are short. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** The `facts.cause` of a statement that took longer. */
const LATE = "STATEMENT_TIMEOUT";

/** Runs statements. */
export class Statements {
  readonly #connector: Connector;
  readonly #closed = new AbortController();
  #session: Promise<Session> | undefined;

  constructor(settings: PostgresSettings) {
    this.#connector = new Connector(settings);
  }

  /**
   * Runs a statement and gives its rows. Throws a `ServiceError` that says that `action` failed. Then it
   * may have been done all the same, if the connection was lost.
   */
  async run<Row extends readonly unknown[]>(
    action: string,
    text: string,
    parameters: readonly (string | null)[] = [],
  ): Promise<Row[]> {
    let session: Session | undefined;
    try {
      session = await this.#open();
      const running = session.query<Row>(action, text, parameters);
      const { rows } = await deadline(() => running, {
        limitMs: STATEMENT_TIMEOUT_MS,
        reason: () => late(action),
      });
      return rows;
    } catch (error) {
      const failure = historyError(action, error);
      if (failure.facts.cause === LATE) await session?.close();
      throw failure;
    }
  }

  /** Closes the connection. Statements under way fail. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#session?.then((session) => session.close(), () => {});
  }

  /** The session, opened by the first of those who need it; a lost one is replaced. */
  #open(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    const forget = () => {
      if (this.#session === opening) this.#session = undefined;
    };
    const opening = this.#connector.open(this.#closed.signal, forget).then((session) => {
      if (session.lost) forget();
      return session;
    });
    this.#session = opening;
    opening.catch(forget);
    return opening;
  }
}

function late(action: string): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot ${action}: its database did not respond within ${STATEMENT_TIMEOUT_MS} ms`,
    { cause: LATE },
  );
}
