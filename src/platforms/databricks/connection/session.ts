/**
 * One run's session on the warehouse. If the warehouse has lost it, a new one takes its place, and a
 * statement that was refused for it is sent there; unless it relies on what an earlier statement left
 * in the session (see `prepare`).
 */
import { settleWithin } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import type { Authorization } from "./authorization.ts";
import { type WaitingRun, WarehouseWait } from "./await_warehouse.ts";
import { Driver, type DriverSession } from "./driver.ts";
import {
  ATTEMPTS,
  CLOSE_TIMEOUT_MS,
  interrupted,
  isInterruption,
  type RequestOptions,
  Requests,
} from "./retry_request.ts";
import type { DatabricksSettings } from "./settings.ts";
import { type AnyRow, Statement } from "./statement.ts";
import { OutcomeUnknownError, StaleHandleError } from "./warehouse_errors.ts";

/** What a session is opened with. */
export interface Warehouse {
  readonly settings: DatabricksSettings;
  readonly authorization: Authorization;
}

/** The very session in which a statement left what later ones rely on. */
export type PreparedSession = DriverSession;

/** A statement's options. */
interface StatementOptions extends RequestOptions {
  /** Whether the result is fetched in chunks, rather than with the first response. */
  readonly streamed?: boolean;
  /** The only session in which the statement may run; any, if left out. */
  readonly within?: PreparedSession | undefined;
}

/** A session, which is replaced when the warehouse loses it. */
export class Session {
  readonly #driver: Driver;
  readonly #warehouse: Warehouse;
  readonly #waitingRun: WaitingRun;
  readonly #signal: AbortSignal;
  readonly #wait: WarehouseWait;
  readonly #requests: Requests;
  #session: DriverSession | undefined;
  #opening: Promise<DriverSession> | undefined;
  /** Sessions that were given up while they opened, each until it is closed. */
  readonly #givenUp: Promise<unknown>[] = [];

  private constructor(driver: Driver, warehouse: Warehouse, run: WaitingRun) {
    const { authorization, settings } = warehouse;
    this.#driver = driver;
    this.#warehouse = warehouse;
    this.#waitingRun = run;
    this.#signal = run.signal;
    this.#wait = new WarehouseWait(run, settings);
    this.#requests = new Requests({ authorization, wait: this.#wait, signal: run.signal });
  }

  /** Connects, and waits for the warehouse if it is stopped. Throws a `ServiceError`. */
  static async open(warehouse: Warehouse, run: WaitingRun): Promise<Session> {
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

  /** Another session on the same warehouse, which `signal` ends. Throws a `ServiceError`. */
  another(signal: AbortSignal): Promise<Session> {
    return Session.open(this.#warehouse, { ...this.#waitingRun, signal });
  }

  /**
   * Runs a statement that only reads, to its end, and gives its rows. `action` says what it is for, as
   * in "Cannot <action>". Throws a `ServiceError`.
   */
  async query<Row extends object = AnyRow>(action: string, statement: string): Promise<Row[]> {
    return (await this.#run<Row>(action, statement)).rows;
  }

  /** The same, with parameters, `within` a session that `prepare` gave. Throws what `read` throws besides. */
  async queryWithin<Row extends object = AnyRow>(
    within: PreparedSession | undefined,
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<Row[]> {
    const options = { repeatable: true, within };
    const { started } = await this.#start(action, statement, parameters, options);
    await started.finish();
    return await started.rows<Row>();
  }

  /**
   * Runs a statement that leaves something in the session, such as a variable, and gives that session
   * for the statements that rely on it. Throws a `ServiceError`.
   */
  async prepare(action: string, statement: string): Promise<PreparedSession> {
    return (await this.#run(action, statement)).session;
  }

  /**
   * Runs a statement that only reads, and gives its rows in chunks of as many as `chunkRows` says.
   * Throws `StaleHandleError` or `OutcomeUnknownError` if the rest of the rows is lost, or with it what
   * the statement relies on `within` its session.
   */
  async *read<Row extends object = AnyRow>(
    action: string,
    statement: string,
    chunkRows: () => number,
    within?: PreparedSession,
  ): AsyncGenerator<Row[], void> {
    const options = { repeatable: true, streamed: true, within };
    const { started } = await this.#start(action, statement, {}, options);
    await started.finish();
    yield* started.chunks<Row>(chunkRows);
  }

  /**
   * Runs a statement that writes, and gives what it returns. Throws `OutcomeUnknownError` if it may
   * have been done or not, and `StaleHandleError` if it was not done, since what it relies on `within`
   * its session is lost.
   */
  async write<Row extends object = AnyRow>(
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>>,
    within?: PreparedSession,
  ): Promise<Row[]> {
    const options = { repeatable: false, within };
    const { started } = await this.#start(action, statement, parameters, options);
    try {
      await started.finish();
      return await started.rows<Row>();
    } catch (error) {
      const isInDoubt = error instanceof StaleHandleError ||
        (error instanceof ServiceError && error.code === "database_unreachable");
      throw isInDoubt && !this.#signal.aborted ? new OutcomeUnknownError(action) : error;
    }
  }

  /** Ends anything that may still run, and takes a new session. */
  async startOver(): Promise<void> {
    const old = this.#session;
    if (old !== undefined) await this.#replace(old);
  }

  /** Closes the session and the connections. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#requests.close(); // a statement beside the one that failed may still be under way
    if (session !== undefined) await settleWithin(CLOSE_TIMEOUT_MS, session.close());
    if (this.#givenUp.length === 0) this.#driver.close();
    else void Promise.all(this.#givenUp).then(() => this.#driver.close()); // nobody waits for them
  }

  #current(): Promise<DriverSession> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    this.#opening ??= this.#open().then((session) => this.#session = session)
      .finally(() => this.#opening = undefined);
    return this.#opening;
  }

  async #open(): Promise<DriverSession> {
    const action = "open a session on the warehouse";
    const attempts: Promise<DriverSession>[] = [];
    const watch = this.#wait.watchStart(action); // some warehouses respond only when they have started
    try {
      const options = { repeatable: true, isFirst: true, signal: watch.signal };
      return await this.#requests.send(action, options, () => {
        const opening = this.#driver.openSession();
        attempts.push(opening);
        return opening;
      });
    } catch (error) {
      // a session that opens too late would stay open
      const close = (late: DriverSession) => settleWithin(CLOSE_TIMEOUT_MS, late.close());
      this.#givenUp.push(...attempts.map((opening) => opening.then(close, () => {})));
      if (!(error instanceof StaleHandleError)) throw error;
      throw new ServiceError(
        "database_unreachable",
        `Cannot ${action}: there is no SQL warehouse at the httpPath in DBX_JDBC_URL (HTTP 404)`,
        { cause: "HTTP_404" },
      );
    } finally {
      watch.stop();
    }
  }

  async #replace(old: DriverSession): Promise<void> {
    if (this.#session !== old) return; // a statement beside this one already did
    this.#session = undefined;
    await settleWithin(CLOSE_TIMEOUT_MS, old.close());
    await this.#current();
  }

  async #run<Row extends object>(
    action: string,
    statement: string,
  ): Promise<{ rows: Row[]; session: DriverSession }> {
    for (let attempt = 1;; attempt++) {
      try {
        const { started, session } = await this.#start(action, statement, {}, { repeatable: true });
        await started.finish();
        return { rows: await started.rows<Row>(), session };
      } catch (error) {
        if (attempt < ATTEMPTS && isInterruption(error)) continue;
        throw interrupted(error, action);
      }
    }
  }

  async #start(
    action: string,
    statement: string,
    parameters: Readonly<Record<string, string>>,
    options: StatementOptions,
  ): Promise<{ started: Statement; session: DriverSession }> {
    const { within } = options;
    for (let replaced = false;; replaced = true) {
      const session = await this.#current();
      if (within !== undefined && within !== session) throw new StaleHandleError(action);
      try {
        const operation = await this.#requests.send(
          action,
          options,
          () => session.execute(statement, parameters, options.streamed ?? false),
        );
        const context = { wait: this.#wait, signal: this.#signal };
        return { started: new Statement(action, operation, this.#requests, context), session };
      } catch (error) {
        if (!(error instanceof StaleHandleError) || this.#requests.isClosed) throw error;
        // if a new session is refused as well, the warehouse is still starting
        if (replaced) await this.#wait.awaitStart(action);
        await this.#replace(session);
      }
    }
  }
}
