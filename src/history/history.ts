/**
 * The history of runs in Postgres, connected: where runs are kept, which of the processes live, who leads,
 * and what has to be cleaned up.
 */
import { settleWithin } from "../async.ts";
import { type ServiceError, toServiceError } from "../errors.ts";
import type { Observe } from "../observations.ts";
import type { PostgresSettings } from "../platforms/postgres/connection/settings.ts";
import type { Session } from "../platforms/postgres/connection/session.ts";
import type { Problem } from "../runs/run.ts";
import type { RunListener, RunStore } from "../runs/run_store.ts";
import { historyError, NOT_CONNECTED_YET } from "./history_error.ts";
import { keepPresence } from "./presence.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Leadership } from "./leadership.ts";
import { migrate } from "./migrate.ts";
import { OwnRuns } from "./own_runs.ts";
import { PostgresRunStore } from "./postgres_run_store.ts";
import { FIND_CHANGING } from "./sql/find_runs.ts";
import { readPayload } from "./sql/notify.ts";
import { REGISTER_OWNER, REMOVE_OWNER } from "./sql/owners.ts";
import { Statements } from "./statements.ts";

/** How to open a history. */
export interface HistoryOptions {
  readonly database: PostgresSettings;
  readonly retentionMs: number;
  /** The id of this process, as the owner of runs; by default a new one. */
  readonly owner?: string;
  /** What this process is called; by default a name at random. */
  readonly replicaName: string | undefined;
  readonly observe: Observe;
  /** The problem document of a run that failed. */
  readonly toProblem: (error: ServiceError) => Problem;
}

/** A history that is open. */
export interface History {
  /** The id of this process, as the owner of runs. */
  readonly owner: string;
  /** What this process is called. */
  readonly replica: string;
  readonly runs: RunStore;
  readonly leadership: Leadership;
  /** Why the database cannot be used at present; undefined if it can. */
  readonly problem: string | undefined;
}

/** How long the last changes may take to be stored when the program stops. */
const CLOSE_TIMEOUT_MS = 1500;
/** How long a new run waits for the database, and anything else for the first attempt to use it. */
const PRESENCE_TIMEOUT_MS = 3000;

/** Opens the history. It never throws what its database causes, and tries again until it is closed. */
export function openHistory(options: HistoryOptions): History {
  return new OpenHistory(options);
}

class OpenHistory implements History {
  readonly owner: string;
  readonly replica: string;
  readonly runs: RunStore;
  readonly leadership: Leadership;
  readonly #options: HistoryOptions;
  readonly #statements: Statements;
  readonly #ownRuns: OwnRuns;
  readonly #housekeeping: Housekeeping;
  readonly #listeners = new Set<RunListener>();
  readonly #closed = new AbortController();
  readonly #living: Promise<void>;
  readonly #revisions = new Map<string, number>();
  readonly #tried = Promise.withResolvers<void>();
  #present = Promise.withResolvers<void>();
  #isMigrated = false;
  #listens = false;
  #chores: Promise<void> | undefined;
  /** Why the locks of this process are not held. */
  #absence: ServiceError | undefined = NOT_CONNECTED_YET;
  /** Why a statement failed; undefined once another one has not. */
  #failure: string | undefined;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.owner = options.owner ?? crypto.randomUUID();
    this.replica = options.replicaName ?? `tokenize-${this.owner.slice(0, 8)}`;
    this.#statements = new Statements(options.database);
    const { owner, replica } = this;
    const statements = this.#statements;
    this.#ownRuns = new OwnRuns({
      owner,
      statements,
      onChange: (runId) => this.#tell(runId),
      onStored: (error) => this.#noteStored(error),
    });
    this.#housekeeping = new Housekeeping({
      owner,
      statements,
      retentionMs: options.retentionMs,
      observe: options.observe,
      toProblem: options.toProblem,
      onEnded: () => this.#tell(undefined),
      onFailure: (error) => this.#noteStored(error),
    });
    this.leadership = new Leadership({ owner, replica, statements });
    this.runs = new PostgresRunStore({
      owner,
      statements,
      listeners: this.#listeners,
      ownRuns: this.#ownRuns,
      status: () => ({ kept_in: "postgres" }),
      requirePresence: () => this.#requirePresence(),
      tried: () => this.#untilTried(),
      close: () => this.#close(),
    });
    this.#living = keepPresence(options.database, {
      register: (signal) => this.#register(signal),
      onPresent: (listens) => this.#notePresent(listens),
      onBeat: (session) => this.#beat(session),
      onNotification: (payload) => this.#heed(payload),
      onAbsent: (error) => this.#noteAbsent(error),
    }, this.#closed.signal);
  }

  get problem(): string | undefined {
    return this.#absence?.message ?? this.#failure;
  }

  async #untilTried(): Promise<void> {
    if (this.#absence !== NOT_CONNECTED_YET) return;
    await settleWithin(PRESENCE_TIMEOUT_MS, this.#tried.promise);
  }

  async #requirePresence(): Promise<void> {
    await settleWithin(PRESENCE_TIMEOUT_MS, this.#present.promise);
    if (this.#absence === undefined) return;
    throw historyError("begin a run", this.#absence);
  }

  async #register(signal: AbortSignal): Promise<number> {
    if (!this.#isMigrated) {
      const { from, to } = await migrate(this.#options.database, signal);
      if (from < to) this.#options.observe({ event: "history_migrated", from, to });
      this.#isMigrated = true;
    }
    const action = "register in the history";
    const parameters = [this.owner, this.replica];
    const [row] = await this.#statements.run<[number]>(action, REGISTER_OWNER, parameters);
    return row![0];
  }

  #notePresent(listens: boolean): void {
    const { observe } = this.#options;
    const { replica } = this;
    const unstored = this.#ownRuns.unstored;
    this.#listens = listens;
    this.#absence = undefined;
    this.#present.resolve();
    this.#tried.resolve();
    observe({ event: "history_connected", replica, listens, unstored });
    this.#tell(undefined); // changes were missed
    for (const runId of this.#ownRuns.ids()) void this.#refresh(runId);
  }

  #noteAbsent(thrown: unknown): void {
    const error = historyError("use the history", thrown);
    const isNew = this.#absence?.message !== error.message;
    if (this.#absence === undefined) this.#present = Promise.withResolvers();
    this.#absence = error;
    this.#tried.resolve();
    this.leadership.lose();
    if (isNew) this.#observeFailure(error);
  }

  /** A change was stored, or could not be, or what is done from time to time. */
  #noteStored(thrown: unknown): void {
    const error = thrown === undefined ? undefined : toServiceError(thrown);
    const before = this.#failure;
    this.#failure = error?.message;
    if (error !== undefined && before === undefined) this.#observeFailure(error);
    if (error === undefined && before !== undefined) {
      this.#options.observe({ event: "history_recovered", unstored: this.#ownRuns.unstored });
    }
  }

  #observeFailure({ message: reason, facts }: ServiceError): void {
    if (this.#closed.signal.aborted) return;
    const unstored = this.#ownRuns.unstored;
    this.#options.observe({ event: "history_unavailable", reason, unstored, facts });
  }

  async #beat(session: Session): Promise<void> {
    await this.leadership.seek(session);
    this.#chores ??= this.#doChores().finally(() => this.#chores = undefined);
  }

  /** What is done every second, on the other session. */
  async #doChores(): Promise<void> {
    try {
      await this.leadership.keepUp();
      if (!this.#listens) await this.#poll();
      await this.#housekeeping.keep(this.#closed.signal);
      this.#noteStored(undefined);
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#noteStored(error);
    }
  }

  #heed(payload: string): void {
    const { by, runId } = readPayload(payload);
    if (by === this.owner) return;
    if (runId === "events") void this.leadership.takeEvents().catch(() => {}); // the next beat takes them
    else this.#noteChange(runId);
  }

  /** Finds the changes that nobody notifies of. */
  async #poll(): Promise<void> {
    const action = "find runs that changed";
    const rows = await this.#statements.run<[string, number]>(action, FIND_CHANGING);
    const before = new Map(this.#revisions);
    this.#revisions.clear();
    for (const [runId, revision] of rows) {
      this.#revisions.set(runId, revision);
      if (before.get(runId) !== revision) this.#noteChange(runId);
    }
  }

  /** Another process has changed a run. */
  #noteChange(runId: string): void {
    if (this.#ownRuns.find(runId) === undefined) this.#tell(runId);
    else void this.#refresh(runId);
  }

  async #refresh(runId: string): Promise<void> {
    await this.#ownRuns.refresh(runId).catch((error) => this.#noteStored(error));
  }

  #tell(runId: string | undefined): void {
    for (const listener of this.#listeners) listener(runId);
  }

  async #close(): Promise<void> {
    await this.#ownRuns.close(CLOSE_TIMEOUT_MS);
    const remove = this.#statements.run("leave the history", REMOVE_OWNER, [this.owner]);
    await settleWithin(CLOSE_TIMEOUT_MS, remove);
    this.#closed.abort(new Error("the history is closed"));
    await this.#chores;
    await this.#living;
    await this.#statements.close();
  }
}
