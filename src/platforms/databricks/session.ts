/**
 * One run's session on the warehouse, and what is done when the warehouse does not answer as it
 * should.
 *
 * - Turned down for now (HTTP 429, 503): sent again when the warehouse says so, up to a limit.
 * - No answer: what only reads is sent again. What writes may have been done, so that is for the
 *   caller to find out: `LostAnswer`.
 * - The session is gone: a new one takes its place, and a statement that was refused for it is sent
 *   there. No statement relies on anything an earlier one left in the session.
 */
import { ServiceError } from "../../errors.ts";
import type { RunContext } from "../platform.ts";
import type { Authorization } from "./authorization.ts";
import { Driver, type DriverSession, type Operation, type OperationStatus } from "./driver.ts";
import type { DatabricksSettings } from "./settings.ts";
import { backoffMs, sleep, unlessAborted, Waiting } from "./waiting.ts";
import { faultOf, fromStatement, LostAnswer } from "./warehouse_errors.ts";

/** A row of a result, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** How long a run that is to end waits for an answer, and then for each step of tidying up. */
const PATIENCE_MS = 2000;
/** How often an unanswered request is sent, where that does no harm. */
const ATTEMPTS = 4;
const FIRST_POLL_MS = 25;
const LAST_POLL_MS = 500;
const QUERY_CHUNK_ROWS = 10_000;

/** Thrift's `TOperationState`. */
const STATE = {
  initialized: 0,
  running: 1,
  finished: 2,
  canceled: 3,
  closed: 4,
  error: 5,
  pending: 7,
  timedOut: 8,
} as const;

/** The warehouse does not know the session or the statement. */
class Gone extends Error {
  override readonly name = "Gone";
}

/** What a session needs of the run that it is for. */
export type SessionRun = Pick<RunContext, "runId" | "signal" | "observe">;

/** What a session is opened with. */
export interface Warehouse {
  readonly settings: DatabricksSettings;
  readonly authorization: Authorization;
}

/** A session, which is replaced when the warehouse loses it. */
export class Session {
  readonly #driver: Driver;
  readonly #warehouse: Warehouse;
  readonly #signal: AbortSignal;
  readonly #waiting: Waiting;
  #session: DriverSession | undefined;
  #isClosed = false;
  #opening: Promise<DriverSession> | undefined;

  private constructor(driver: Driver, warehouse: Warehouse, run: SessionRun) {
    this.#driver = driver;
    this.#warehouse = warehouse;
    this.#signal = run.signal;
    this.#waiting = new Waiting(run, warehouse.settings);
  }

  /** Connects, and waits for the warehouse if it sleeps. Throws a `ServiceError`. */
  static async open(warehouse: Warehouse, run: SessionRun): Promise<Session> {
    const driver = await Driver.make(warehouse.settings, warehouse.authorization);
    const session = new Session(driver, warehouse, run);
    try {
      await session.#current();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Runs a statement that only reads, to its end, and gives its rows. Throws a `ServiceError`. */
  async query(action: string, statement: string): Promise<Row[]> {
    for (let attempt = 1;; attempt++) {
      try {
        const operation = await this.#start(action, statement, {}, { repeatable: true });
        await this.#finish(action, operation);
        const rows: Row[] = [];
        for await (const chunk of this.#fetch(action, operation, () => QUERY_CHUNK_ROWS)) {
          rows.push(...chunk);
        }
        return rows;
      } catch (error) {
        if (attempt < ATTEMPTS && isInterruption(error)) continue;
        throw interrupted(error, action);
      }
    }
  }

  /**
   * Runs a statement that only reads, and gives its rows in chunks of as many as `chunkRows` says.
   * Throws `LostAnswer` where the rest of the rows is lost.
   */
  async *read(
    action: string,
    statement: string,
    chunkRows: () => number,
  ): AsyncGenerator<Row[], void> {
    try {
      const options = { repeatable: true, streamed: true };
      const operation = await this.#start(action, statement, {}, options);
      await this.#finish(action, operation);
      yield* this.#fetch(action, operation, chunkRows);
    } catch (error) {
      throw error instanceof Gone ? new LostAnswer(action) : error;
    }
  }

  /**
   * Runs a statement that writes, and gives what it returns. Throws `LostAnswer` where it may have
   * been done or not.
   */
  async write(
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Row[]> {
    const operation = await this.#start(action, statement, parameters, { repeatable: false });
    try {
      await this.#finish(action, operation);
      const rows: Row[] = [];
      for await (const chunk of this.#fetch(action, operation, () => QUERY_CHUNK_ROWS)) {
        rows.push(...chunk);
      }
      return rows;
    } catch (error) {
      const isLost = error instanceof Gone ||
        (error instanceof ServiceError && error.code === "database_unreachable");
      throw isLost && !this.#signal.aborted ? new LostAnswer(action) : error;
    }
  }

  /** Ends whatever may still run, and takes a new session. */
  async startOver(): Promise<void> {
    const old = this.#session;
    if (old !== undefined) await this.#replace(old);
  }

  /** Closes the session and the connections. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#isClosed = true; // a statement beside the one that failed may still be under way
    if (session !== undefined) await within(PATIENCE_MS, session.close());
    this.#driver.close();
  }

  #current(): Promise<DriverSession> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    this.#opening ??= this.#open().then((session) => this.#session = session)
      .finally(() => this.#opening = undefined);
    return this.#opening;
  }

  async #open(): Promise<DriverSession> {
    const action = "open a session on the warehouse";
    let givenUp = false;
    const opened = this.#call(action, { repeatable: true, isFirst: true }, () => {
      const opening = this.#driver.openSession();
      // one that comes when nobody waits for it any more would stay open
      opening.then((late) => {
        if (givenUp || this.#signal.aborted) void within(PATIENCE_MS, late.close());
      }, () => {});
      return opening;
    });
    // some warehouses answer only when they have started
    const late = Promise.withResolvers<never>();
    const timer = setInterval(() => {
      try {
        this.#waiting.notice(action);
      } catch (error) {
        late.reject(error);
      }
    }, 500);
    try {
      return await Promise.race([opened, late.promise]);
    } catch (error) {
      givenUp = true;
      if (!(error instanceof Gone)) throw error;
      throw new ServiceError(
        "database_unreachable",
        `Cannot ${action}: the httpPath of DBX_JDBC_URL leads to none (HTTP 404)`,
        { cause: "HTTP_404" },
      );
    } finally {
      clearInterval(timer);
    }
  }

  async #replace(old: DriverSession): Promise<void> {
    if (this.#session !== old) return; // a statement beside this one already did
    this.#session = undefined;
    await within(PATIENCE_MS, old.close());
    await this.#current();
  }

  async #start(
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>>,
    options: { readonly repeatable: boolean; readonly streamed?: boolean },
  ): Promise<Operation> {
    for (let replaced = false;; replaced = true) {
      const session = await this.#current();
      try {
        return await this.#call(
          action,
          options,
          () => session.execute(statement, parameters, options.streamed ?? false),
        );
      } catch (error) {
        if (!(error instanceof Gone) || this.#isClosed) throw error;
        // a new session that is refused as well is one of a warehouse that is still starting
        if (replaced) await this.#waiting.forStart(action);
        await this.#replace(session);
      }
    }
  }

  async #finish(action: string, operation: Operation): Promise<void> {
    let hasEnded = false;
    try {
      for (let delayMs = FIRST_POLL_MS;; delayMs = Math.min(LAST_POLL_MS, delayMs * 1.5)) {
        const status = await this.#call(
          action,
          { repeatable: true },
          () => operation.status(false),
        );
        hasEnded = !isUnderWay(status);
        if (hasEnded) return this.#conclude(action, status);
        if (status.operationState === STATE.running) this.#waiting.awake();
        else this.#waiting.notice(action);
        await sleep(delayMs, this.#signal);
      }
    } catch (error) {
      if (!hasEnded) await within(PATIENCE_MS, operation.cancel());
      throw error;
    }
  }

  #conclude(action: string, status: OperationStatus): void {
    this.#waiting.awake();
    switch (status.operationState) {
      case STATE.finished:
        return;
      case STATE.timedOut:
        throw new ServiceError(
          "timeout",
          `Cannot ${action}: the warehouse ended the statement, as its STATEMENT_TIMEOUT asks`,
        );
      case STATE.canceled:
      case STATE.closed:
        this.#signal.throwIfAborted();
        throw new ServiceError(
          "database_error",
          `Cannot ${action}: the statement was cancelled on the warehouse`,
          { cause: "CANCELED" },
        );
      default:
        throw fromStatement(
          action,
          status.errorMessage ?? status.displayMessage,
          status.sqlState,
        );
    }
  }

  async *#fetch(
    action: string,
    operation: Operation,
    chunkRows: () => number,
  ): AsyncGenerator<Row[], void> {
    try {
      do {
        const chunk = await this.#call(
          action,
          { repeatable: false },
          () => operation.fetchChunk({ maxRows: chunkRows() }),
        );
        yield chunk as Row[];
      } while (await this.#call(action, { repeatable: true }, () => operation.hasMoreRows()));
    } finally {
      // not waited for: it only frees what the warehouse keeps, and closing the session does too
      operation.close().catch(() => {});
    }
  }

  async #call<T>(
    action: string,
    { repeatable, isFirst = false }: { readonly repeatable: boolean; readonly isFirst?: boolean },
    send: () => Promise<T>,
  ): Promise<T> {
    let unanswered = 0;
    for (let renewed = false;;) {
      this.#signal.throwIfAborted();
      if (this.#isClosed) throw new Gone(action);
      try {
        const answer = await unlessAborted(send(), this.#signal, PATIENCE_MS);
        this.#waiting.atEase();
        return answer;
      } catch (thrown) {
        this.#signal.throwIfAborted();
        const fault = faultOf(thrown, action);
        if (fault.kind === "gone") throw new Gone(action);
        if (fault.kind === "failed") throw fault.error;
        if (fault.kind === "refused") {
          if (fault.status === 429) await this.#waiting.forTurn(action, fault);
          else await this.#waiting.forStart(action, fault.retryAfterSeconds);
        } else if (fault.kind === "unauthorized") {
          if (renewed || !this.#warehouse.authorization.renew()) throw fault.error;
          renewed = true;
        } else {
          if (fault.kind === "unsent" && isFirst) throw fault.error;
          if (fault.kind === "unanswered" && !repeatable) throw new LostAnswer(action);
          if (++unanswered === ATTEMPTS) throw fault.error;
          await sleep(backoffMs(unanswered), this.#signal);
        }
      }
    }
  }
}

function isUnderWay({ operationState }: OperationStatus): boolean {
  return operationState === STATE.initialized || operationState === STATE.pending ||
    operationState === STATE.running;
}

function isInterruption(error: unknown): boolean {
  return error instanceof Gone || error instanceof LostAnswer;
}

function interrupted(error: unknown, action: string): unknown {
  if (!isInterruption(error)) return error;
  return new ServiceError(
    "database_unreachable",
    `Cannot ${action}: the connection to the warehouse was lost again and again`,
    { cause: "CONNECTION_LOST" },
  );
}

/** Waits for `promise`, but not for long, and whatever comes of it. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([promise.then(() => {}, () => {}), late]);
  clearTimeout(timer);
}
