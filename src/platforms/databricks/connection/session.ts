/**
 * One run's session on the warehouse. Where the warehouse has lost it, a new one takes its place,
 * and a statement that was refused for it is sent there. No statement relies on anything an earlier
 * one left in the session.
 */
import { settleWithin } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { RunContext } from "../../platform.ts";
import type { Authorization } from "./authorization.ts";
import { ATTEMPTS, type CallOptions, Calls, CLOSE_TIMEOUT_MS, Gone } from "./retry_request.ts";
import { Driver, type DriverSession } from "./driver.ts";
import type { DatabricksSettings } from "./settings.ts";
import { type AnyRow, Statement } from "./statement.ts";
import { Waiting } from "./await_warehouse.ts";
import { LostAnswer } from "./warehouse_errors.ts";

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
  readonly #calls: Calls;
  #session: DriverSession | undefined;
  #opening: Promise<DriverSession> | undefined;

  private constructor(driver: Driver, warehouse: Warehouse, run: SessionRun) {
    this.#driver = driver;
    this.#warehouse = warehouse;
    this.#signal = run.signal;
    this.#waiting = new Waiting(run, warehouse.settings);
    this.#calls = new Calls({
      authorization: warehouse.authorization,
      waiting: this.#waiting,
      signal: run.signal,
    });
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

  /**
   * Runs a statement that only reads, to its end, and gives its rows. `action` says what it is for, as
   * in "Cannot <action>". Throws a `ServiceError`.
   */
  async query<Row extends object = AnyRow>(action: string, statement: string): Promise<Row[]> {
    for (let attempt = 1;; attempt++) {
      try {
        const started = await this.#start(action, statement, {}, { repeatable: true });
        await started.finish();
        return await started.rows<Row>();
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
  async *read<Row extends object = AnyRow>(
    action: string,
    statement: string,
    chunkRows: () => number,
  ): AsyncGenerator<Row[], void> {
    try {
      const options = { repeatable: true, streamed: true };
      const started = await this.#start(action, statement, {}, options);
      await started.finish();
      yield* started.chunks<Row>(chunkRows);
    } catch (error) {
      throw error instanceof Gone ? new LostAnswer(action) : error;
    }
  }

  /**
   * Runs a statement that writes, and gives what it returns. Throws `LostAnswer` where it may have
   * been done or not.
   */
  async write<Row extends object = AnyRow>(
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Row[]> {
    const started = await this.#start(action, statement, parameters, { repeatable: false });
    try {
      await started.finish();
      return await started.rows<Row>();
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
    this.#calls.close(); // a statement beside the one that failed may still be under way
    if (session !== undefined) await settleWithin(CLOSE_TIMEOUT_MS, session.close());
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
    const opened = this.#calls.send(action, { repeatable: true, isFirst: true }, () => {
      const opening = this.#driver.openSession();
      // one that comes when nobody waits for it any more would stay open
      opening.then((late) => {
        if (givenUp || this.#signal.aborted) void settleWithin(CLOSE_TIMEOUT_MS, late.close());
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
    await settleWithin(CLOSE_TIMEOUT_MS, old.close());
    await this.#current();
  }

  async #start(
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>>,
    options: CallOptions & { readonly streamed?: boolean },
  ): Promise<Statement> {
    for (let replaced = false;; replaced = true) {
      const session = await this.#current();
      try {
        const operation = await this.#calls.send(
          action,
          options,
          () => session.execute(statement, parameters, options.streamed ?? false),
        );
        const context = { waiting: this.#waiting, signal: this.#signal };
        return new Statement(action, operation, this.#calls, context);
      } catch (error) {
        if (!(error instanceof Gone) || this.#calls.isClosed) throw error;
        // a new session that is refused as well is one of a warehouse that is still starting
        if (replaced) await this.#waiting.forStart(action);
        await this.#replace(session);
      }
    }
  }
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
