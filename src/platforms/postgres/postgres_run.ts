/** One run on Postgres: what was asked for, and the connections and transactions to do it in. */
import type { RunContext } from "../platform.ts";
import { watchingCommit } from "./connection/commit_watch.ts";
import { SAFE_SEARCH_PATH, type TransactionOptions } from "./connection/begin.ts";
import type { PostgresOptions } from "./connection/postgres_options.ts";
import type { Session } from "./connection/session.ts";
import { withLiveSession, withSession, withSnapshotReader } from "./connection/session_lease.ts";
import type { SessionSource } from "./connection/session_pool.ts";
import {
  NO_STRAIN_LIMITS,
  type StrainLimits,
  type TransactionLimits,
} from "./connection/settings.ts";
import { inOpenTransaction, inTransaction, whileOpen } from "./connection/transaction.ts";
import { keepParametersUnlogged } from "./connection/unlogged_parameters.ts";
import { beginOn } from "./lookup/confirm_table.ts";
import { type KnownTable, type KnownTables, RunMemory } from "./lookup/known_tables.ts";
import { nameConstraint } from "./lookup/name_constraint.ts";
import type { TableRequest } from "./lookup/find_table.ts";
import { resolveTable } from "./lookup/resolve_table.ts";
import { lockAndVerify, verify } from "./lookup/verify_table.ts";
import type { TargetTable } from "./table.ts";

/** A run, for as long as it lasts. */
export class PostgresRun {
  readonly context: RunContext;
  /** What runs before it have left in memory. */
  readonly memory: RunMemory;
  readonly pushdown: boolean;
  readonly limits: TransactionLimits;
  readonly strainLimits: StrainLimits;
  /** Whether triggers and rules may fire, event triggers included. */
  readonly allowTriggers: boolean;
  readonly #options: PostgresOptions;
  readonly #request: TableRequest;
  readonly #pool: SessionSource;
  /** Whether the table has triggers, rules or functions of others, which the configuration allows. */
  #runsOthersCode = false;
  /** As it was resolved last. */
  #table: TargetTable | undefined;

  constructor(
    pool: SessionSource,
    options: PostgresOptions,
    context: RunContext,
    request: TableRequest,
    tables: KnownTables,
  ) {
    this.context = context;
    this.memory = new RunMemory(tables, request, context);
    this.#options = this.limits = options;
    // one statement keeps no rate
    const keepsRate = context.commit !== "atomic" || context.rowsPerSecond === undefined;
    this.pushdown = options.pushdown === true && keepsRate;
    this.strainLimits = options.strainLimits ?? NO_STRAIN_LIMITS;
    this.allowTriggers = options.allowTriggers;
    this.#request = request;
    this.#pool = pool;
  }

  /**
   * Finds and checks the table. With `lock` it also takes the lock of the run, until the transaction of
   * `session` ends. Throws what `resolveTable` throws.
   */
  async resolve(session: Session, { lock }: { readonly lock: boolean }): Promise<TargetTable> {
    this.#table = await resolveTable(session, this.#request, {
      // a rewrite fires none but event triggers
      allowTriggers: this.allowTriggers || this.context.strategy === "rewrite",
      inBatches: this.context.commit === "batches",
      allowTableFunctions: this.#options.allowTableFunctions === true,
      allowUnprovenMasks: this.#options.allowUnprovenMasks === true,
      platformInstance: this.#options.platformInstance,
      refuse: this.context.onObstacle,
      maySuggest: this.context.maySuggest,
      lock,
    });
    return this.#table;
  }

  /** Begins the transaction that `inKnownTransaction` ends; see `beginOn`. */
  beginOn(session: Session, known: KnownTable, limitBytes: number): Promise<string> {
    this.#table = known.table;
    const { platformInstance } = this.#options;
    const asked = { request: this.#request, platformInstance, limitBytes };
    return beginOn(session, known, asked, this.#transaction);
  }

  get #transaction(): TransactionOptions {
    return { isolation: "READ COMMITTED", readOnly: this.context.dryRun, ...this.limits };
  }

  /**
   * Does `work` while the transaction of `session` holds the table, which is verified to be what was
   * resolved before anything that `work` sends on `session` can run. With `first`, which takes a round
   * trip, `work` may use other sessions too. Throws what `lockAndVerify` and `work` throw.
   */
  async holding<T>(
    session: Session,
    table: TargetTable,
    work: () => Promise<T>,
    { first = false } = {},
  ): Promise<T> {
    this.#runsOthersCode = table.triggers.length + table.functions.length > 0;
    if (this.#runsOthersCode) session.retire();
    const mode = this.context.dryRun ? "ACCESS SHARE" : "ROW EXCLUSIVE";
    const holding = lockAndVerify(session, table, this.#request.columns, mode);
    if (first) await holding;
    const [held, done] = await Promise.allSettled([holding, work()]);
    if (held.status === "rejected") throw held.reason;
    if (done.status === "rejected") throw done.reason;
    return done.value;
  }

  /**
   * Throws `conflict` if the table was altered while it was held: partitions can be attached to it. The
   * `search_path` is set again, since triggers can have changed it.
   */
  async checkUnaltered(session: Session, table: TargetTable): Promise<void> {
    await Promise.all([
      session.query(`look up ${table.displayName} again`, SAFE_SEARCH_PATH),
      verify(session, table, this.#request.columns, { byOthersOnly: !this.#runsOthersCode }),
    ]);
  }

  /** The same as `inOwnTransaction`, which holds the table. */
  inOwnTransactionOn<T>(
    table: TargetTable,
    work: (session: Session) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const hold = (session: Session) => this.holding(session, table, () => work(session));
    return this.inOwnTransaction(hold, signal);
  }

  /** Calls `use` with a session to begin with: with another one if that turns out to be lost. */
  withLiveSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
    return withLiveSession(this.#pool, this.context.signal, this.#warned(use));
  }

  /** The run's kind of transaction on `session`; see `inTransaction`. `signal` ends it, by default the run's. */
  async inTransaction<R, T>(
    session: Session,
    read: () => Promise<R>,
    work: (found: R) => Promise<T>,
    signal = this.context.signal,
  ): Promise<T> {
    const transaction = (work: (found: R) => Promise<T>) =>
      inTransaction(session, this.#transaction, signal, read, work);
    return await this.#watched(session, signal, work, transaction);
  }

  /** The same for a transaction that `work` begins by `beginOn`; see `inOpenTransaction`. */
  inKnownTransaction<T>(
    session: Session,
    work: () => Promise<T>,
    isOpen: () => boolean,
  ): Promise<T> {
    const { signal } = this.context;
    const transaction = (work: () => Promise<T>) =>
      inOpenTransaction(session, signal, work, isOpen);
    return this.#watched<void, T>(session, signal, work, transaction);
  }

  /** Reports on the COMMIT of a transaction, and names the constraint that it failed on. */
  async #watched<R, T>(
    session: Session,
    signal: AbortSignal,
    work: (found: R) => Promise<T>,
    transaction: (work: (found: R) => Promise<T>) => Promise<T>,
  ): Promise<T> {
    let committed = () => {};
    const workAndWatch = (atCommit: () => void) => async (found: R) => {
      if (this.context.writesValues) await keepParametersUnlogged(session);
      const result = await work(found);
      atCommit();
      committed = this.context.clock.start("commit");
      return result;
    };
    try {
      const transact = (atCommit: () => void) => transaction(workAndWatch(atCommit));
      return await watchingCommit(this.#pool, session, () => this.#sayWaiting(), transact);
    } catch (error) {
      throw await nameConstraint(error, session, this.#table, this.limits, signal);
    } finally {
      committed();
    }
  }

  /**
   * Resolves the table, and does `work` on other sessions while the transaction of `session` holds the
   * lock of the run: a lock of the session would stay behind with a connection pooler.
   */
  whileLocked<T>(session: Session, work: (table: TargetTable) => Promise<T>): Promise<T> {
    const options = { ...this.#transaction, readOnly: true };
    return whileOpen(session, options, () => this.resolve(session, { lock: true }), work);
  }

  /** `use`, with the server's warnings as those of this run. */
  #warned<T>(use: (session: Session) => Promise<T>): (session: Session) => Promise<T> {
    return (session) => {
      session.onWarning = this.context.warn;
      return use(session);
    };
  }

  /** Of several transactions that wait for a standby, the first one is enough. */
  #sayWaiting = () => {
    this.#sayWaiting = () => {};
    this.context.observe({ event: "commit_waiting", runId: this.context.runId });
  };

  /**
   * Does `work` in a transaction of its own, on a connection of its own, and commits it. `signal` ends it,
   * by default the run's.
   */
  inOwnTransaction<T>(
    work: (session: Session) => Promise<T>,
    signal = this.context.signal,
  ): Promise<T> {
    const nothing = () => Promise.resolve();
    return withLiveSession(
      this.#pool,
      signal,
      this.#warned((session) => this.inTransaction(session, nothing, () => work(session), signal)),
    );
  }

  /**
   * Calls `use` with a second session that reads from one snapshot. Gives undefined, without a call, if
   * the server has no connection to spare. `signal` ends it, by default the run's.
   */
  withSnapshotReader<T>(
    use: (reader: Session) => Promise<T>,
    signal = this.context.signal,
  ): Promise<T | undefined> {
    const read = (reader: Session) => {
      if (this.#runsOthersCode) reader.retire();
      return use(reader);
    };
    return withSnapshotReader(this.#pool, signal, this.limits, this.#warned(read));
  }

  /**
   * Calls `use` with a session outside of any transaction: for what can only follow the COMMIT, or is no part
   * of it.
   */
  outsideTransactions<T>(use: (session: Session) => Promise<T>): Promise<T> {
    return withSession(this.#pool, this.context.signal, use);
  }
}
